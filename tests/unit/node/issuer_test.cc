// What an issuer does by itself.
#include "node/issuer.h"

#include <boost/asio/executor_work_guard.hpp>

#include "unit/keys/mesh_world.h"

using namespace runard;
using keys::testing::MeshNode;
using keys::testing::MeshWorld;
using namespace std::chrono_literals;

namespace {

// What an issuer with that CA tells the mesh first.
std::vector<identity::Statement> told_by_issuer(MeshWorld& world) {
  world.networks.reset();
  world.store.reset();
  world.ca.reset();
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
  return told;
}

}  // namespace

TEST_CASE("an issuer gives the mesh a new key of a network whose key is old") {
  MeshWorld world;
  MeshNode member(world, "a");
  member.enrol();
  world.clock.advance(31 * 24h);
  const auto told = told_by_issuer(world);
  REQUIRE(told.size() == 1);
  REQUIRE(member.holder->take(told.front()));
  CHECK(member.network_key(2) != nullptr);
}

TEST_CASE("an issuer gives the mesh what was made before, and perhaps told to nobody") {
  MeshWorld world;
  MeshNode member(world, "a");
  member.enrol();
  const auto made = world.networks->rotate(world.main, {});
  REQUIRE(made);
  const auto told = told_by_issuer(world);
  REQUIRE(told.size() == 1);
  CHECK(told.front().bytes() == made->bytes());
}
