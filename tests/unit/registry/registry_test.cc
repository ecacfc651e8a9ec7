#include "registry/registry.h"

#include <catch2/catch_test_macros.hpp>

#include "support/fakes.h"

using namespace runard;
using core::Errc;
using registry::NodeRows;
using registry::Registry;
using registry::ServiceRow;
using registry::ServiceState;
using registry::SubscriptionRow;

namespace {

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

ServiceRow service(std::string path, std::vector<std::string> actions,
                   std::string network = "main") {
  ServiceRow row;
  row.network = std::move(network);
  row.path = std::move(path);
  row.state = ServiceState::kRunning;
  for (std::string& action : actions) {
    row.actions.push_back({std::move(action), "", "", "", 0});
  }
  return row;
}

NodeRows node(std::uint8_t number, std::vector<ServiceRow> services, std::uint64_t epoch = 1,
              std::uint64_t version = 1) {
  NodeRows rows;
  rows.node.bytes[0] = number;
  rows.epoch = epoch;
  rows.version = version;
  rows.services = std::move(services);
  return rows;
}

std::size_t providers(const Registry& registry, std::string_view path,
                      std::string_view network = "main") {
  const auto table = registry.table();
  routing::Captures captures;
  std::size_t count = 0;
  for (const auto& entry : table->find({network, path}, captures)) {
    count += entry.value->providers.size();
  }
  return count;
}

std::vector<registry::EventPeer> event_peers(const Registry& registry, std::string_view topic) {
  const auto table = registry.table();
  std::vector<registry::EventPeer> room;
  const auto found = table->event_peers({"main", topic}, room);
  return {found.begin(), found.end()};
}

// One action, math/add, with these schemas.
ServiceRow adder(std::string input, std::string output = "{}") {
  ServiceRow row = service("math", {"add"});
  row.actions[0].input_schema = std::move(input);
  row.actions[0].output_schema = std::move(output);
  return row;
}

std::vector<int> who_adds(const Registry& registry) {
  const auto table = registry.table();
  routing::Captures captures;
  std::vector<int> nodes;
  for (const auto& entry : table->find({"main", "math/add"}, captures)) {
    for (const registry::Provider& provider : entry.value->providers) {
      nodes.push_back(provider.node.bytes[0]);
    }
  }
  return nodes;
}

}  // namespace

TEST_CASE("several nodes may provide one path; losing one leaves the others") {
  Registry registry("n", {"main"}, 1);
  NoHandler one, two;
  registry.replace(node(1, {service("math", {"add"})}), one);
  registry.replace(node(2, {service("math", {"add"})}), two);
  CHECK(providers(registry, "math/add") == 2);
  registry.drop(node(2, {}).node);
  CHECK(providers(registry, "math/add") == 1);
  registry.drop(node(1, {}).node);
  CHECK(providers(registry, "math/add") == 0);
}

TEST_CASE("a restarted node's first version beats the old run's last") {
  Registry registry("n", {"main"}, 1);
  NoHandler link;
  REQUIRE(registry.replace(node(1, {service("math", {"add"})}, 1, 50), link));
  CHECK(registry.replace(node(1, {service("math", {"sub"})}, 2, 1), link));
  CHECK(providers(registry, "math/add") == 0);
  CHECK(providers(registry, "math/sub") == 1);
  CHECK_FALSE(registry.replace(node(1, {service("math", {"add"})}, 1, 99), link));
  CHECK(providers(registry, "math/add") == 0);
}

TEST_CASE("actions become callable in one batch, when the service runs") {
  Registry registry("n", {"main"}, 1);
  NoHandler math;
  auto row = service("math", {"add", "sub"});
  row.state = ServiceState::kInitialized;
  REQUIRE(registry.put_local(row, &math));
  CHECK(providers(registry, "math/add") == 0);
  row.state = ServiceState::kRunning;
  REQUIRE(registry.put_local(row, &math));
  CHECK(providers(registry, "math/add") == 1);
  CHECK(providers(registry, "math/sub") == 1);
  row.state = ServiceState::kStopping;
  REQUIRE(registry.put_local(row, &math));
  CHECK(providers(registry, "math/add") == 0);
}

TEST_CASE("a paused service stays routable here, and is not offered by other nodes") {
  Registry registry("n", {"main"}, 1);
  NoHandler math;
  auto row = service("math", {"add"});
  REQUIRE(registry.put_local(row, &math));
  row.state = ServiceState::kPaused;
  REQUIRE(registry.put_local(row, &math));
  CHECK(providers(registry, "math/add") == 1);
  registry.remove_local("main", "math");
  registry.replace(node(1, {row}), math);
  CHECK(providers(registry, "math/add") == 0);
}

TEST_CASE("a draining node is shown and routed to no more, whatever it still tells") {
  Registry registry("n", {"main"}, 1);
  NoHandler link;
  auto rows = node(1, {service("math", {"add"})});
  rows.subscriptions = {{"main", "a/>", ""}, {"main", "b/>", "workers"}};
  registry.replace(rows, link);
  REQUIRE(providers(registry, "math/add") == 1);
  REQUIRE(event_peers(registry, "b/c").size() == 1);
  rows.draining = true;
  for (rows.version = 1; rows.version < 3; ++rows.version) {
    CHECK(registry.replace(rows, link));
    CHECK(providers(registry, "math/add") == 0);
    CHECK(event_peers(registry, "a/c").size() == 1);
    CHECK(event_peers(registry, "b/c").empty());
    CHECK(registry.nodes().at(1).draining);
  }
  CHECK(registry::state_text(rows, rows.services[0]) == "draining");
  rows.services[0].state = ServiceState::kPaused;
  CHECK(registry::state_text(rows, rows.services[0]) == "paused");
  rows = node(1, {service("math", {"add"})}, 2);
  CHECK(registry.replace(rows, link));
  CHECK(providers(registry, "math/add") == 1);
  registry.drop(rows.node);
  CHECK(providers(registry, "math/add") == 0);
}

TEST_CASE("this node's own services stay callable here while it drains") {
  Registry registry("n", {"main"}, 1);
  NoHandler math;
  REQUIRE(registry.put_local(service("math", {"add"}), &math));
  registry.drain();
  CHECK(providers(registry, "math/add") == 1);
  CHECK(registry.local().draining);
}

TEST_CASE("the same path twice on one node is refused, and the first stays") {
  Registry registry("n", {"main"}, 1);
  NoHandler first, second;
  REQUIRE(registry.put_local(service("math", {"add", "sub"}), &first));
  const auto refused = registry.put_local(service("math", {"add"}, "main"), &second);
  CHECK(refused);  // the same mount: a new row of the same service
  const auto clash = registry.put_local(service("a", {"x", "x"}), &second);
  REQUIRE_FALSE(clash);
  CHECK(clash.error().code == Errc::kDuplicatePath);
  CHECK(providers(registry, "a/x") == 0);
}

TEST_CASE("the longest mount owns an action") {
  Registry registry("n", {"main"}, 1);
  NoHandler outer, inner;
  REQUIRE(registry.put_local(service("a", {"b/c"}), &outer));
  REQUIRE(registry.put_local(service("a/b", {"c"}), &inner));
  const auto table = registry.table();
  routing::Captures captures;
  const auto found = table->find({"main", "a/b/c"}, captures);
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].value->providers.size() == 1);
  CHECK(found[0].value->providers[0].handler == &inner);
}

TEST_CASE(
    "reserved paths, foreign networks and malformed patterns are refused and change nothing") {
  Registry registry("n", {"main"}, 1);
  NoHandler handler;
  CHECK(registry.put_local(service("$registry", {"x"}), &handler).error().code ==
        Errc::kReservedPath);
  CHECK(registry.put_local(service("math", {"x"}, "other"), &handler).error().code ==
        Errc::kDenied);
  CHECK(registry.put_local(service("math", {"a/>/b"}), &handler).error().code == Errc::kBadPattern);
  CHECK(registry.local().services.empty());
}

TEST_CASE("one type on two networks is two services that never meet") {
  Registry registry("n", {"main", "backup"}, 1);
  NoHandler on_main, on_backup;
  REQUIRE(registry.put_local(service("math", {"add"}, "main"), &on_main));
  REQUIRE(registry.put_local(service("math", {"add"}, "backup"), &on_backup));
  routing::Captures captures;
  const auto table = registry.table();
  CHECK(table->find({"main", "math/add"}, captures)[0].value->providers[0].handler == &on_main);
  CHECK(table->find({"backup", "math/add"}, captures)[0].value->providers[0].handler == &on_backup);
}

TEST_CASE("listeners hear of each change of this node's rows, with growing versions") {
  Registry registry("n", {"main"}, 1);
  std::vector<std::pair<std::uint64_t, std::size_t>> heard;
  registry.on_local_change(
      [&](const NodeRows& rows) { heard.emplace_back(rows.version, rows.services.size()); });
  NoHandler handler;
  REQUIRE(registry.put_local(service("math", {"add"}), &handler));
  registry.remove_local("main", "math");
  CHECK(heard == std::vector<std::pair<std::uint64_t, std::size_t>>{{1, 1}, {2, 0}});
}

TEST_CASE("equal subscriptions are announced once, until the last goes") {
  Registry registry("n", {"main"}, 1);
  const SubscriptionRow row{"main", "math/*", ""};
  registry.add_subscription(row);
  registry.add_subscription(row);
  CHECK(registry.local().subscriptions.size() == 1);
  registry.remove_subscription(row);
  CHECK(registry.local().subscriptions.size() == 1);
  registry.remove_subscription(row);
  CHECK(registry.local().subscriptions.empty());
}

TEST_CASE("peers' subscriptions are never announced as this node's own") {
  Registry registry("n", {"main"}, 1);
  NoHandler link;
  NodeRows rows = node(1, {});
  rows.subscriptions = {{"main", "math/>", ""}};
  registry.replace(rows, link);
  CHECK(registry.local().subscriptions.empty());
}

TEST_CASE("a peer's subscriptions are known as it tells of them") {
  Registry registry("n", {"main"}, 1);
  NoHandler link;
  auto rows = node(1, {});
  rows.subscriptions = {{"main", "a/*", "g"}};
  registry.replace(rows, link);
  CHECK(registry.has_subscription(rows.node, {"main", "a/*", "g"}));
  CHECK_FALSE(registry.has_subscription(rows.node, {"main", "a/*", ""}));
  CHECK_FALSE(registry.has_subscription(rows.node, {"main", "a/b", "g"}));
  CHECK_FALSE(registry.has_subscription(rows.node, {"backup", "a/*", "g"}));
  CHECK_FALSE(registry.has_subscription(node(2, {}).node, {"main", "a/*", "g"}));
  registry.drop(rows.node);
  CHECK_FALSE(registry.has_subscription(rows.node, {"main", "a/*", "g"}));
}

TEST_CASE("a peer with several fitting subscriptions gets an event once, with its groups") {
  Registry registry("n", {"main"}, 1);
  NoHandler link;
  NodeRows rows = node(1, {});
  rows.subscriptions = {
      {"main", "math/*", ""}, {"main", "math/result", ""}, {"main", "math/>", "g"}};
  registry.replace(rows, link);
  const auto peers = event_peers(registry, "math/result");
  REQUIRE(peers.size() == 1);
  CHECK(peers[0].groups.size() == 2);
  registry.drop(rows.node);
  CHECK(event_peers(registry, "math/result").empty());
}

TEST_CASE("a path that leads nowhere says why") {
  Registry registry("n", {"main"}, 1);
  NoHandler handler;
  REQUIRE(registry.put_local(service("auth", {"login", "{user}/keys"}), &handler));
  CHECK(registry.why_nobody({"main", "auth/logout"}) == Errc::kNoAction);
  CHECK(registry.why_nobody({"main", "authentication/login"}) == Errc::kNoService);
  CHECK(registry.why_nobody({"backup", "auth/login"}) == Errc::kNoService);

  auto rows = node(1, {service("math", {"add"})});
  const auto why = [&](ServiceState state, bool draining) {
    rows.services[0].state = state;
    rows.draining = draining;
    registry.replace(rows, handler);
    return registry.why_nobody({"main", "math/add"});
  };
  CHECK(why(ServiceState::kPaused, false) == Errc::kServicePaused);
  CHECK(why(ServiceState::kFailed, false) == Errc::kServiceStopping);
  CHECK(why(ServiceState::kStarting, false) == Errc::kNoEndpoint);
  CHECK(why(ServiceState::kRunning, true) == Errc::kDraining);
  CHECK(registry.why_nobody({"main", "math/sub"}) == Errc::kNoAction);

  auto paused = node(2, {service("math", {"add"})});
  paused.services[0].state = ServiceState::kPaused;
  registry.replace(paused, handler);
  CHECK(registry.why_nobody({"main", "math/add"}) == Errc::kNoEndpoint);  // not all for one reason
}

TEST_CASE("nodes are found by name and by id, this one too; of one name the lowest id counts") {
  Registry registry("here", {"main"}, 1);
  NoHandler link;
  core::NodeId self;
  self.bytes[0] = 9;
  registry.set_self(self, 1, {});
  for (const std::uint8_t number : {std::uint8_t{3}, std::uint8_t{2}}) {
    NodeRows rows = node(number, {});
    rows.name = "edge";
    registry.replace(rows, link);
  }
  CHECK(registry.find_node("here") == self);
  CHECK(registry.find_node(self.text()) == self);
  CHECK(registry.find_node("edge") == node(2, {}).node);
  CHECK(registry.find_node(node(3, {}).node.text()) == node(3, {}).node);
  CHECK_FALSE(registry.find_node(node(4, {}).node.text()));
  CHECK_FALSE(registry.find_node("edg"));
  CHECK_FALSE(registry.find_node(""));
  registry.drop(node(2, {}).node);
  CHECK(registry.find_node("edge") == node(3, {}).node);
}

TEST_CASE("a provider with other schemas than those in use is left out, and once warned about") {
  using Nodes = std::vector<int>;
  test::ManualClock clock;
  std::vector<std::string> lines;
  const core::Log log(
      std::make_shared<core::LogSink>(clock, core::LogFormat::kText,
                                      [&](std::string_view line) { lines.emplace_back(line); }),
      "registry");
  Registry registry("n", {"main"}, 1);
  registry.set_log(log);
  NoHandler link;
  registry.replace(node(5, {adder("a")}), link);
  registry.replace(node(2, {adder("b")}), link);
  registry.replace(node(7, {adder("a")}), link);
  CHECK(who_adds(registry) == Nodes{5, 7});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("math/add") != std::string::npos);
  INFO("rows that are told again change nothing, nor does one that tells of no schema");
  registry.replace(node(5, {adder("a")}, 1, 2), link);
  registry.replace(node(2, {adder("b")}, 1, 2), link);
  registry.replace(node(8, {adder("", "")}), link);
  CHECK(who_adds(registry) == Nodes{5, 7, 8});
  CHECK(lines.size() == 1);

  SECTION("when the last of them is gone the others come into use") {
    registry.drop(node(5, {}).node);
    CHECK(who_adds(registry) == Nodes{7, 8});
    registry.replace(node(7, {adder("a", "other")}, 1, 2), link);
    CHECK(who_adds(registry) == Nodes{2, 8});
    CHECK(lines.size() == 2);
  }
  SECTION("those of more nodes come into use; of as many nodes, those that are stay") {
    registry.replace(node(1, {adder("b")}), link);
    CHECK(who_adds(registry) == Nodes{5, 7, 8});
    INFO("a node that tells of them twice is one node");
    registry.replace(node(1, {adder("b"), adder("b")}, 1, 2), link);
    CHECK(who_adds(registry) == Nodes{5, 7, 8});
    registry.replace(node(1, {adder("b")}, 1, 3), link);
    registry.replace(node(6, {adder("b")}), link);
    CHECK(who_adds(registry) == Nodes{1, 2, 6, 8});
  }
  SECTION("this node's own are in use while it has them") {
    REQUIRE(registry.put_local(adder("b"), &link));
    CHECK(who_adds(registry) == Nodes{0, 2, 8});
    CHECK(lines.size() == 3);
    registry.remove_local("main", "math");
    CHECK(who_adds(registry) == Nodes{5, 7, 8});
  }
}
