// What an issuer does by itself.
#include "node/issuer.h"

#include <boost/asio/executor_work_guard.hpp>

#include "unit/keys/mesh_world.h"

using namespace runard;
using keys::testing::MeshNode;
using keys::testing::MeshWorld;
using namespace std::chrono_literals;

TEST_CASE("an issuer gives the mesh a new key of a network whose key is old") {
  MeshWorld world;
  MeshNode member(world, "a");
  member.enrol();
  world.networks.reset();
  world.store.reset();
  world.ca.reset();
  world.clock.advance(31 * 24h);

  boost::asio::io_context io;
  const auto work = boost::asio::make_work_guard(io);
  node::AsioExecutor control(io);
  const node::Context context{io, control, world.clock, world.random, {}, "test"};
  std::vector<identity::Statement> told;
  node::Issuer::Hooks hooks;
  hooks.spread = [&](const std::vector<identity::Statement>& statements) { told = statements; };
  node::Issuer issuer(context, {world.folder / "ca", {}, {}, 30 * 24h}, std::move(hooks));
  issuer.attach(nullptr);
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (told.empty() && std::chrono::steady_clock::now() < end) {
    io.run_one_for(20ms);
  }
  REQUIRE(told.size() == 1);
  REQUIRE(member.holder->take(told.front()));
  CHECK(member.network_key(2) != nullptr);
}
