// Registry sync: who learns what, and when.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "pair.h"

using namespace runard;
using namespace runard::mesh;

TEST_CASE("after a link each node knows the other's rows") {
  End a(1, 5, {"main"});
  End b(2, 9, {"main"});
  Pair pair{a, b};
  registry::NodeRows rows;
  rows.name = "edge-1";
  rows.addresses = {"10.0.0.1:8889", "not an address"};
  rows.services = {service("main", "math"), service("main", "billing/eu")};
  rows.subscriptions = {{"main", "math/*", "g"}, {"main", "logs/>", ""}, {"main", "logs/>", ""}};
  a.mesh.local_changed(rows, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));

  const registry::NodeRows& got = b.port.rows.at(a.id);
  CHECK(got.name == "edge-1");
  CHECK(got.node == a.id);
  CHECK(got.epoch == 5);
  CHECK(got.addresses == Paths{"10.0.0.1:8889"});
  CHECK(paths(b, a.id) == Paths{"main:billing/eu", "main:math"});
  CHECK(got.services[1] == service("main", "math"));
  CHECK(got.subscriptions ==
        std::vector<registry::SubscriptionRow>{{"main", "logs/>", ""}, {"main", "math/*", "g"}});
  CHECK(a.port.rows.at(b.id).services.empty());
  CHECK(b.port.told.front() == std::pair(PeerNews::kDiscovered, a.id));
}

TEST_CASE("a peer is told only of the services that it may see, as its rights change") {
  End a(1, 1, {"main", "backup"});
  End b(2, 1, {"main", "backup"});
  Pair pair{a, b};
  const std::vector<registry::ServiceRow> all = {service("main", "math"), service("main", "secret"),
                                                 service("backup", "ledger")};
  a.port.hidden = {"secret"};
  a.offer(all, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  CHECK(paths(b, a.id) == Paths{"backup:ledger", "main:math"});

  a.port.hidden = {"math", "ledger"};
  a.mesh.rights_changed(at(1));
  pair.carry(at(1));
  CHECK(paths(b, a.id) == Paths{"main:secret"});

  a.port.hidden = {};
  a.mesh.rights_changed(at(2));
  pair.carry(at(2));
  CHECK(paths(b, a.id).size() == 3);
}

TEST_CASE("a peer is told only of the actions that it may see, as its rights change") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  registry::ServiceRow math = service("main", "math");
  math.actions.push_back({"divide", "divides", "{}", "{}", 0});
  const auto patterns = [&] {
    Paths told;
    for (const registry::ActionRow& action : b.port.rows.at(a.id).services.at(0).actions) {
      told.push_back(action.pattern);
    }
    return told;
  };
  a.port.hidden_action = "divide";
  a.offer({math}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  CHECK(patterns() == Paths{"add"});

  a.port.hidden_action = "add";
  a.mesh.rights_changed(at(1));
  pair.carry(at(1));
  CHECK(patterns() == Paths{"divide"});

  math.state = registry::ServiceState::kPaused;
  a.offer({math}, at(2));
  pair.carry(at(2));
  CHECK(patterns() == Paths{"divide"});

  a.port.hidden_action.clear();
  a.mesh.rights_changed(at(3));
  pair.carry(at(3));
  CHECK(patterns() == Paths{"add", "divide"});
}

TEST_CASE("a change of what a peer may not see tells it nothing") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  a.port.hidden = {"secret"};
  a.offer({service("main", "math"), service("main", "secret")}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  b.port.told.clear();
  registry::ServiceRow other = service("main", "secret");
  other.summary = "another";
  a.offer({service("main", "math"), other}, at(1));
  CHECK(a.port.sent.empty());
  pair.carry(at(1));
  CHECK(b.port.told.empty());
}

TEST_CASE("when rights change, known peers' rows are handed over again") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  a.offer({service("main", "math")}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  b.port.rows.clear();
  b.mesh.rights_changed(at(1));
  CHECK(paths(b, a.id) == Paths{"main:math"});
}

TEST_CASE("a change travels as a delta with the changed service only") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  std::vector<registry::ServiceRow> services;
  for (int i = 0; i < 100; ++i) {
    services.push_back(service("main", fmt::format("s{}", i)));
  }
  a.offer(services, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));

  services[7].state = registry::ServiceState::kPaused;
  services.erase(services.begin() + 50);
  a.offer(services, at(10));
  REQUIRE(a.port.sent.size() == 1);
  CHECK(a.port.sent[0].body.size() < 100);
  pair.carry(at(10));

  CHECK(b.port.rows.at(a.id).services.size() == 99);
  CHECK(paths(b, a.id) != paths(b, b.id));
  const auto& rows = b.port.rows.at(a.id).services;
  const auto paused =
      std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.path == "s7"; });
  CHECK(paused->state == registry::ServiceState::kPaused);
  CHECK(paused->actions == services[7].actions);
  CHECK(b.port.told.back() == std::pair(PeerNews::kUpdated, a.id));
}

TEST_CASE("changed actions of a service that exists are noticed") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  registry::ServiceRow math = service("main", "math");
  a.offer({math}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  math.actions.push_back({"sub", "", "", "", 0, 1500});
  a.offer({math}, at(1));
  pair.carry(at(1));
  REQUIRE(b.port.rows.at(a.id).services[0].actions.size() == 2);
  CHECK(b.port.rows.at(a.id).services[0].actions[1].timeout_ms == 1500);
}

TEST_CASE("rows that did not change are not sent again") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  a.offer({service("main", "math")}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  a.offer({service("main", "math")}, at(1));
  CHECK(a.port.sent.empty());
}

TEST_CASE("two nodes with the same path are both providers, and the loss of one leaves the other") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  End c(3, 1, {"main"});
  Pair ab{a, b};
  Pair cb{c, b};
  a.offer({service("main", "math")}, at(0));
  c.offer({service("main", "math")}, at(0));
  ab.up(1, at(0));
  ab.carry(at(0));
  cb.up(2, at(0));
  cb.carry(at(0));
  CHECK(paths(b, a.id) == Paths{"main:math"});
  CHECK(paths(b, c.id) == Paths{"main:math"});
  b.mesh.link_down(2, core::fail(core::Errc::kLinkLost, ""), at(10));
  b.mesh.tick(at(1200));
  CHECK(paths(b, a.id) == Paths{"main:math"});
  CHECK(paths(b, c.id).empty());
}

TEST_CASE("only rows of common networks leave a node, and no network's name ever does") {
  End a(1, 1, {"main", "secret", "other"});
  End b(2, 1, {"main", "third"});
  Pair pair{a, b};
  a.offer({service("main", "math"), service("secret", "vault"), service("other", "till")}, at(0));
  pair.up(1, at(0));
  for (const Sent& frame : a.port.sent) {
    const std::string_view text = core::as_text(frame.body);
    for (const char* name : {"main", "secret", "other", "vault", "till", "ssssssssssssssss"}) {
      CHECK(text.find(name) == std::string_view::npos);
    }
  }
  pair.carry(at(0));
  CHECK(paths(b, a.id) == Paths{"main:math"});
}

TEST_CASE("each end uses its own name for a network") {
  struct Other final : NetworkNames {
    std::optional<core::NetworkId> id(std::string_view name) const override {
      return name == "office" ? std::optional(FakeNames::id_of("main")) : std::nullopt;
    }
    std::optional<std::string> name(const core::NetworkId& id) const override {
      return id == FakeNames::id_of("main") ? std::optional<std::string>("office") : std::nullopt;
    }
  };
  LocalRows local;
  registry::NodeRows rows;
  rows.services = {service("main", "math")};
  FakeNames names({"main"});
  REQUIRE(local.set(rows, names));
  wire::Update update = snapshot_of(local.view({FakeNames::id_of("main")}));
  update.epoch = update.version = 1;
  PeerRows peer(node_id(1), 1 << 20);
  CHECK(*peer.apply(update, {FakeNames::id_of("main")}, Other()) == PeerRows::Outcome::kApplied);
  CHECK(peer.rows().services[0].network == "office");
}

TEST_CASE("a subscription that ends is told, and only that one") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  registry::NodeRows rows;
  rows.subscriptions = {{"main", "a", ""}, {"main", "a", "g"}, {"main", "b/>", ""}};
  a.mesh.local_changed(rows, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  REQUIRE(b.port.rows.at(a.id).subscriptions == rows.subscriptions);
  rows.subscriptions.erase(rows.subscriptions.begin());
  a.mesh.local_changed(rows, at(10));
  pair.carry(at(10));
  CHECK(b.port.rows.at(a.id).subscriptions == rows.subscriptions);
  rows.subscriptions.clear();
  a.mesh.local_changed(rows, at(20));
  pair.carry(at(20));
  CHECK(b.port.rows.at(a.id).subscriptions.empty());
}

TEST_CASE("a restarted node's rows replace the old ones at once, whatever its version") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  for (int i = 0; i < 10; ++i) {
    a.offer({service("main", fmt::format("s{}", i))}, at(i));
  }
  pair.up(1, at(10));
  pair.carry(at(10));
  CHECK(paths(b, a.id) == Paths{"main:s9"});

  End again(1, 2, {"main"});
  again.offer({service("main", "new")}, at(20));
  Pair second{again, b};
  second.up(2, at(20));
  CHECK(paths(b, a.id).empty());  // the old run's rows are gone with it
  CHECK(b.port.closed.at(1) == core::Errc::kDuplicateLink);
  second.carry(at(20));
  CHECK(paths(b, a.id) == Paths{"main:new"});
  CHECK(b.port.rows.at(a.id).epoch == 2);
}

TEST_CASE("a network that is joined later brings its rows, one that is left takes them") {
  End a(1, 1, {"main", "backup"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  a.offer({service("main", "math"), service("backup", "copy")}, at(0));
  PeerInfo b_info = b.info();
  b_info.networks = a.info().networks;  // by its certificate b is a member of both
  a.mesh.link_up(1, b_info, at(0));
  b.mesh.link_up(1, a.info(), at(0));
  pair.carry(at(0));
  CHECK(paths(b, a.id) == Paths{"main:math"});

  b.names.names_ = {"main", "backup"};
  b.mesh.networks_changed({}, at(2000));
  pair.carry(at(2000));
  CHECK(paths(b, a.id) == Paths{"backup:copy", "main:math"});

  b.names.names_ = {"backup"};
  b.mesh.networks_changed({}, at(4000));
  pair.carry(at(4000));
  CHECK(paths(b, a.id) == Paths{"backup:copy"});
}
