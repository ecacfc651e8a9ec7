// Registry sync: chunks, gaps, epochs, limits and bad peers.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "pair.h"
#include "wire/limits.h"

using namespace runard;
using namespace runard::mesh;

namespace {

// Two nodes of one network; the first has a service.
struct Ends {
  Ends() { a.offer({service("main", "one")}, at(0)); }
  End a{1, 1, {"main"}};
  End b{2, 1, {"main"}};
  Pair pair{a, b};
};

// The other knows of it.
struct Synced : Ends {
  Synced() {
    pair.up(1, at(0));
    pair.carry(at(0));
  }
};

// The first has told of it, and was not heard.
struct Told : Ends {
  Told() {
    a.mesh.link_up(1, b.info(), at(0));
    a.port.sent.clear();
  }
};

}  // namespace

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
  Synced two;
  wire::Update forged;
  forged.snapshot = false;
  forged.epoch = 1;
  forged.base = 90;
  forged.version = 91;
  const core::Bytes bytes = encode(forged);
  two.b.mesh.control(1, 0x21, encode(wire::RowsChunk{2, 0, 1, bytes}), at(10));
  REQUIRE(two.b.port.take(1, wire::SyncType::kResync).size() == 1);
  CHECK(two.b.port.closed.empty());
  // Asked once a second at most.
  two.b.mesh.control(1, 0x21, encode(wire::RowsChunk{3, 0, 1, bytes}), at(20));
  CHECK(two.b.port.take(1, wire::SyncType::kResync).empty());
}

TEST_CASE("a heartbeat that tells of a version never seen leads to a resync") {
  Synced two;
  two.b.mesh.control(1, 0x20, encode(wire::Heartbeat{2}), at(1));
  CHECK(two.b.port.take(1, wire::SyncType::kResync).empty());
  two.b.mesh.control(1, 0x20, encode(wire::Heartbeat{3}), at(2));
  REQUIRE(two.b.port.sent.size() == 1);
  two.pair.carry(at(2));
  CHECK(two.a.mesh.stats().resyncs_answered == 1);
  CHECK(paths(two.b, two.a.id) == Paths{"main:one"});
}

TEST_CASE("snapshots are sent at most once a second, however often they are asked for") {
  Told two;
  for (int ms = 0; ms < 3000; ms += 10) {
    two.a.mesh.control(1, 0x23, wire::empty_body(), at(ms));
    two.a.mesh.tick(at(ms));
  }
  CHECK(two.a.port.take(1, wire::SyncType::kRows).size() == 3);
}

TEST_CASE("a snapshot that was asked for too soon is sent when its time has come") {
  Told two;
  two.a.mesh.control(1, 0x23, wire::empty_body(), at(0));
  two.a.mesh.control(1, 0x23, wire::empty_body(), at(10));
  REQUIRE(two.a.port.take(1, wire::SyncType::kRows).size() == 1);
  REQUIRE(two.a.mesh.expiry() <= at(1000));
  two.a.mesh.tick(at(1000));
  CHECK(two.a.port.take(1, wire::SyncType::kRows).size() == 1);
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
  registry::ServiceRow twice = service("main", "twice");
  twice.actions.push_back(twice.actions[0]);
  registry::NodeRows rows;
  rows.services = {service("main", "$registry"),
                   service("main", "a//b"),
                   service("main", ""),
                   service("main", "other:x"),
                   service("main", "math"),
                   service("main", "m/*"),
                   bad_action,
                   twice};
  rows.subscriptions = {{"main", "a/>/b", ""},
                        {"main", "ok/>", ""},
                        {"main", "", ""},
                        {"main", "$registry/>", ""},
                        {"main", "ok/>", std::string(wire::kMaxName + 1, 'g')}};
  a.mesh.local_changed(rows, at(0));
  pair.up(1, at(0));
  pair.carry(at(0));
  CHECK(paths(b, a.id) == Paths{"main:math"});
  CHECK(b.port.rows.at(a.id).subscriptions.size() == 1);
  CHECK(b.mesh.stats().refused_rows == 11);
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

TEST_CASE("rows of a network that the peer is no member of are refused, and counted") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main", "secret"});
  b.mesh.link_up(1, a.info(), at(0));
  wire::Update update;
  update.epoch = update.version = 1;
  wire::ServiceEntry entry;
  entry.path = "vault";
  entry.actions.emplace();
  update.sections.push_back({FakeNames::id_of("secret"), {entry}, {{">", ""}, {"a", "g"}}, {}, {}});
  update.sections.push_back({FakeNames::id_of("main"), {}, {{"news", ""}}, {}, {}});
  const core::Bytes bytes = encode(update);
  b.mesh.control(1, 0x21, encode(wire::RowsChunk{1, 0, 1, bytes}), at(1));
  CHECK(paths(b, a.id).empty());
  const auto& subscriptions = b.port.rows.at(a.id).subscriptions;
  REQUIRE(subscriptions.size() == 1);
  CHECK(subscriptions[0].network == "main");
  CHECK(subscriptions[0].pattern == "news");
  CHECK(b.mesh.stats().refused_rows == 3);
}
