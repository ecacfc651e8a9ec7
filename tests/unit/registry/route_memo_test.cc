#include "registry/route_memo.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "registry/registry.h"

using namespace runard;
using registry::RouteMemo;

TEST_CASE("a memo gives back what was kept for just that path, network and table") {
  RouteMemo memo;
  const int found = 0;
  memo.keep(7, {"main", "math/add"}, &found);
  CHECK(memo.find(7, {"main", "math/add"}) == &found);
  CHECK(memo.find(8, {"main", "math/add"}) == nullptr);
  CHECK(memo.find(7, {"mai", "math/add"}) == nullptr);
  CHECK(memo.find(7, {"back", "math/add"}) == nullptr);
  CHECK(memo.find(7, {"main", "math/adds"}) == nullptr);
  CHECK(memo.find(7, {"main", "meth/add"}) == nullptr);
  CHECK(memo.find(7, {"dmain", "math/ad"}) == nullptr);
}

TEST_CASE("an empty memo and topics without bytes find nothing") {
  RouteMemo memo;
  CHECK(memo.find(1, {"main", "a"}) == nullptr);
  CHECK(memo.find(1, {"", ""}) == nullptr);
  const int found = 0;
  memo.keep(1, {"main", ""}, &found);
  CHECK(memo.find(1, {"main", ""}) == nullptr);
}

TEST_CASE("topics longer than a place are never kept, however they collide") {
  RouteMemo memo;
  const int found = 0;
  const std::string fits(RouteMemo::kMostBytes - 4, 'x');
  memo.keep(1, {"main", fits}, &found);
  CHECK(memo.find(1, {"main", fits}) == &found);
  const std::string longer = fits + "x";
  memo.keep(1, {"main", longer}, &found);
  CHECK(memo.find(1, {"main", longer}) == nullptr);
}

TEST_CASE("many more paths than places: none is mistaken for another") {
  RouteMemo memo;
  std::vector<std::string> paths;
  for (int i = 0; i < 500; ++i) {
    paths.push_back("service" + std::to_string(i) + "/action" + std::to_string(i % 7));
  }
  for (int round = 0; round < 2; ++round) {
    for (const std::string& path : paths) {
      const void* const found = memo.find(1, {"main", path});
      CHECK((found == nullptr || found == &path));
      memo.keep(1, {"main", path}, &path);
      CHECK(memo.find(1, {"main", path}) == &path);
    }
  }
}

namespace {

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

std::size_t providers(const registry::Registry& registry, std::string_view path) {
  const auto table = registry.table();
  routing::Captures captures;
  std::size_t count = 0;
  for (const auto& entry : table->find({"main", path}, captures)) {
    count += entry.value->providers.size();
  }
  return count;
}

}  // namespace

TEST_CASE("what a thread looked up is looked up anew once the table has changed") {
  registry::Registry here("n", {"main"}, 1);
  registry::Registry there("n", {"main"}, 1);
  NoHandler handler;
  registry::ServiceRow row;
  row.network = "main";
  row.path = "math";
  row.state = registry::ServiceState::kRunning;
  row.actions.push_back({"add", "", "", "", 0});
  REQUIRE(here.put_local(row, &handler));
  CHECK(providers(here, "math/add") == 1);
  CHECK(providers(here, "math/add") == 1);
  CHECK(providers(there, "math/add") == 0);
  here.remove_local("main", "math");
  CHECK(providers(here, "math/add") == 0);
  REQUIRE(there.put_local(row, &handler));
  CHECK(providers(there, "math/add") == 1);
  CHECK(providers(here, "math/add") == 0);
}

TEST_CASE("a path that a pattern captures keeps its captures, asked twice") {
  registry::Registry here("n", {"main"}, 1);
  NoHandler handler;
  registry::ServiceRow row;
  row.network = "main";
  row.path = "users";
  row.state = registry::ServiceState::kRunning;
  row.actions.push_back({"{id}/profile", "", "", "", 0});
  REQUIRE(here.put_local(row, &handler));
  for (int i = 0; i < 2; ++i) {
    const auto table = here.table();
    routing::Captures captures;
    REQUIRE(table->find({"main", "users/42/profile"}, captures).size() == 1);
    REQUIRE(captures.size() == 1);
    CHECK(captures[0] == "42");
  }
}
