// Registry sync: snapshots, deltas, gaps, epochs, networks.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "pair.h"

using namespace runard;
using namespace runard::mesh;

namespace {

std::vector<std::string> paths(const End& end, const core::NodeId& of) {
  std::vector<std::string> paths;
  const auto found = end.port.rows.find(of);
  if (found != end.port.rows.end()) {
    for (const registry::ServiceRow& row : found->second.services) {
      paths.push_back(row.network + ":" + row.path);
    }
  }
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

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

TEST_CASE("rows of a network that the peer is no member of are refused, and counted") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main", "secret"});
  b.mesh.link_up(1, a.info(), at(0));
  wire::Update update;
  update.epoch = update.version = 1;
  wire::ServiceEntry entry;
  entry.path = "vault";
  entry.actions.emplace();
  update.sections.push_back({FakeNames::id_of("secret"), {entry}, {}, {}, {}});
  const core::Bytes bytes = encode(update);
  b.mesh.control(1, 0x21, encode(wire::RowsChunk{1, 0, 1, bytes}), at(1));
  CHECK(paths(b, a.id).empty());
  CHECK(b.mesh.stats().refused_rows == 1);
}

TEST_CASE("a snapshot of any size travels in chunks that fit a control frame") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  registry::ServiceRow big = service("main", "big");
  big.actions[0].input_schema = std::string(300'000, 's');
  std::vector<registry::ServiceRow> services = {big};
  for (int i = 0; i < 500; ++i) {
    services.push_back(service("main", fmt::format("s{}", i)));
  }
  a.offer(services, at(0));
  pair.up(1, at(0));
  CHECK(a.port.sent.size() >= 5);
  for (const Sent& frame : a.port.sent) {
    CHECK(frame.body.size() < 64 * 1024);
  }
  pair.carry(at(0));
  CHECK(b.port.rows.at(a.id).services.size() == 501);
  CHECK(b.port.rows.at(a.id).services[0].actions[0].input_schema.size() == 300'000);
}

TEST_CASE("a link that takes no more gets the rest when it can") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  registry::ServiceRow big = service("main", "big");
  big.summary = std::string(300'000, 's');
  a.offer({big}, at(0));
  a.port.room = 2;
  pair.up(1, at(0));
  pair.carry(at(0));
  CHECK(paths(b, a.id).empty());
  CHECK(a.mesh.expiry() <= at(50));

  a.offer({big, service("main", "late")}, at(10));  // meanwhile something changes
  a.port.room = 1;
  a.mesh.writable(1, at(20));
  pair.carry(at(20));
  a.port.room = SIZE_MAX;
  pair.tick(at(80));
  CHECK(paths(b, a.id) == Paths{"main:big", "main:late"});
}

TEST_CASE("rows over the limit are not sent, what fits again is") {
  Settings settings;
  settings.update_bytes = 100'000;
  End a(1, 1, {"main"}, settings);
  End b(2, 1, {"main"});
  Pair pair{a, b};
  registry::ServiceRow big = service("main", "big");
  big.summary = std::string(200'000, 's');
  a.offer({service("main", "small")}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  a.offer({service("main", "small"), big}, at(1));
  pair.carry(at(1));
  CHECK(paths(b, a.id) == Paths{"main:small"});
  CHECK(a.mesh.stats().oversized_update > 200'000);
  for (int ms = 1000; ms < 6000; ms += 500) {
    pair.tick(at(ms));
  }
  CHECK(b.mesh.stats().resyncs_asked == 0);
  a.offer({service("main", "small"), service("main", "other")}, at(6000));
  pair.carry(at(6000));
  CHECK(paths(b, a.id) == Paths{"main:other", "main:small"});
  CHECK(a.mesh.stats().oversized_update == 0);
}

TEST_CASE("a peer whose rows take more memory than allowed loses its link") {
  Settings settings;
  settings.rows_memory = 50'000;
  End a(1, 1, {"main"});
  End b(2, 1, {"main"}, settings);
  Pair pair{a, b};
  std::vector<registry::ServiceRow> services;
  a.offer({}, at(0));
  pair.up(1, at(0));
  for (int i = 0; i < 200 && b.port.closed.empty(); ++i) {
    services.push_back(service("main", fmt::format("s{}", i)));
    a.offer(services, at(i));
    pair.carry(at(i));
  }
  CHECK(b.port.closed.at(1) == core::Errc::kTooLarge);
  CHECK(services.size() > 50);
}

TEST_CASE("a delta that builds on another version leads to a resync") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  a.offer({service("main", "one")}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));

  wire::Update forged;
  forged.snapshot = false;
  forged.epoch = 1;
  forged.base = 90;
  forged.version = 91;
  const core::Bytes bytes = encode(forged);
  b.mesh.control(1, 0x21, encode(wire::RowsChunk{2, 0, 1, bytes}), at(10));
  REQUIRE(b.port.take(1, wire::SyncType::kResync).size() == 1);
  CHECK(b.port.closed.empty());
  // Asked once a second at most.
  b.mesh.control(1, 0x21, encode(wire::RowsChunk{3, 0, 1, bytes}), at(20));
  CHECK(b.port.take(1, wire::SyncType::kResync).empty());
}

TEST_CASE("a heartbeat that tells of a version never seen leads to a resync") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  a.offer({service("main", "one")}, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  b.mesh.control(1, 0x20, encode(wire::Heartbeat{2}), at(1));
  CHECK(b.port.take(1, wire::SyncType::kResync).empty());
  b.mesh.control(1, 0x20, encode(wire::Heartbeat{3}), at(2));
  REQUIRE(b.port.sent.size() == 1);
  pair.carry(at(2));
  CHECK(a.mesh.stats().resyncs_answered == 1);
  CHECK(paths(b, a.id) == Paths{"main:one"});
}

TEST_CASE("snapshots are sent at most once a second, however often they are asked for") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  a.mesh.link_up(1, b.info(), at(0));
  a.offer({service("main", "one")}, at(0));
  a.port.sent.clear();
  for (int ms = 0; ms < 3000; ms += 10) {
    a.mesh.control(1, 0x23, wire::empty_body(), at(ms));
    a.mesh.tick(at(ms));
  }
  CHECK(a.port.take(1, wire::SyncType::kRows).size() == 3);
}

TEST_CASE("a snapshot that was asked for too soon is sent when its time has come") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  a.mesh.link_up(1, b.info(), at(0));
  a.offer({service("main", "one")}, at(0));
  a.port.sent.clear();
  a.mesh.control(1, 0x23, wire::empty_body(), at(0));
  a.mesh.control(1, 0x23, wire::empty_body(), at(10));
  REQUIRE(a.port.take(1, wire::SyncType::kRows).size() == 1);
  REQUIRE(a.mesh.expiry() <= at(1000));
  a.mesh.tick(at(1000));
  CHECK(a.port.take(1, wire::SyncType::kRows).size() == 1);
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

TEST_CASE("a link of an earlier run is refused while the later one is linked") {
  End a(1, 1, {"main"});
  End later(1, 2, {"main"});
  End b(2, 1, {"main"});
  Pair pair{later, b};
  pair.up(1, at(0));
  pair.carry(at(0));
  b.mesh.link_up(2, a.info(), at(1));
  CHECK(b.port.closed.at(2) == core::Errc::kDuplicateLink);
  CHECK(b.port.attached.at(a.id) == 1);
}

TEST_CASE("rows of another epoch than the link's cost the link") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  b.mesh.link_up(1, a.info(), at(0));
  wire::Update update;
  update.epoch = 99;
  update.version = 1;
  const core::Bytes bytes = encode(update);
  b.mesh.control(1, 0x21, encode(wire::RowsChunk{1, 0, 1, bytes}), at(1));
  CHECK(b.port.closed.at(1) == core::Errc::kProtocol);
}

TEST_CASE("broken frames cost the peer its link, unknown ones don't") {
  const std::vector<std::pair<std::uint64_t, core::Bytes>> broken = {
      {0x21, {}},     {0x21, {0xa0}},    {0x23, {}}, {0x20, {0xff}},
      {0x24, {0x01}}, {0x25, {0xa0, 0}}, {0x22, {}}, {0x22, {0xa1, 1, 0x81, 0xa0}},
      {0x3f, {0xa0}}};
  for (const auto& [type, body] : broken) {
    End a(1, 1, {"main"});
    End b(2, 1, {"main"});
    b.mesh.link_up(1, a.info(), at(0));
    b.mesh.control(1, 0x3e, body, at(1));
    CHECK(b.port.closed.empty());
    b.mesh.control(1, type, body, at(1));
    CHECK(b.port.closed.contains(1));
    CHECK_FALSE(b.port.attached.contains(a.id));
  }
}

TEST_CASE("chunks out of order are refused") {
  Inbound in(1000);
  const core::Bytes body(100, 1);
  CHECK(in.add({2, 0, 1, body}).error().code == core::Errc::kProtocol);  // must begin with 1
  CHECK(in.add({1, 1, 2, body}).has_error());
  REQUIRE(in.add({1, 0, 3, body})->empty());
  CHECK(in.add({1, 2, 3, body}).has_error());
  CHECK(in.add({1, 1, 4, body}).has_error());
  REQUIRE(in.add({1, 1, 3, body})->empty());
  CHECK(in.add({1, 2, 3, body})->size() == 300);
  CHECK(in.add({1, 0, 1, body}).has_error());
  CHECK(in.add({2, 0, 1, body})->size() == 100);
}

TEST_CASE("an update is bounded while its chunks come in") {
  Inbound in(1000);
  const core::Bytes body(400, 1);
  CHECK(in.add({1, 0, 100, body}).has_value());
  CHECK(in.add({1, 1, 100, body}).has_value());
  CHECK(in.add({1, 2, 100, body}).error().code == core::Errc::kTooLarge);
}

TEST_CASE("rows that no node could have registered are left out") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  Pair pair{a, b};
  registry::ServiceRow bad_action = service("main", "bad");
  bad_action.actions[0].pattern = "a/>/b";
  registry::NodeRows rows;
  rows.services = {service("main", "$registry"),
                   service("main", "a//b"),
                   service("main", ""),
                   service("main", "other:x"),
                   service("main", "math"),
                   service("main", "m/*"),
                   bad_action};
  rows.subscriptions = {
      {"main", "a/>/b", ""}, {"main", "ok/>", ""}, {"main", "", ""}, {"main", "$registry/>", ""}};
  a.mesh.local_changed(rows, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  CHECK(paths(b, a.id) == Paths{"main:math"});
  CHECK(b.port.rows.at(a.id).subscriptions.size() == 1);
  CHECK(b.mesh.stats().refused_rows == 9);
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
