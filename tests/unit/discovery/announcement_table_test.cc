#include "discovery/announcement_table.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace runard::discovery;
using What = AnnouncementTable::Heard::What;

namespace {

core::TimePoint at(std::int64_t ms) {
  return core::TimePoint(std::chrono::hours(1) + std::chrono::milliseconds(ms));
}

core::NodeId node_id(std::uint64_t number) {
  core::NodeId id;
  id.bytes.fill(0xee);
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return id;
}

core::Bytes from(std::uint64_t node, std::uint64_t boot = 1) {
  Announcement a;
  a.node = node_id(node);
  a.boot = boot;
  a.port = 8889;
  return encode(a);
}

const Source kPeer{"10.0.0.9", false};

struct Table {
  AnnouncementTable table{node_id(1), std::chrono::seconds(15)};
};

}  // namespace

TEST_CASE("a first announcement is fresh and worth an answer, a repeated one is neither") {
  Table t;
  const auto first = t.table.heard(from(2), kPeer, at(0));
  CHECK(first.what == What::kSeen);
  CHECK(first.sighting.fresh);
  CHECK(first.answer);
  CHECK(first.sighting.node == node_id(2));
  CHECK(first.sighting.addresses == std::vector<std::string>{"10.0.0.9:8889"});
  CHECK(first.sighting.ttl == std::chrono::seconds(15));
  const auto second = t.table.heard(from(2), kPeer, at(5000));
  CHECK(second.what == What::kSeen);
  CHECK_FALSE(second.sighting.fresh);
  CHECK_FALSE(second.answer);
}

TEST_CASE("a restarted node is fresh again, and so is one that was not heard for long") {
  Table t;
  t.table.heard(from(2, 1), kPeer, at(0));
  CHECK(t.table.heard(from(2, 77), kPeer, at(1000)).sighting.fresh);
  CHECK_FALSE(t.table.heard(from(2, 77), kPeer, at(15'000)).sighting.fresh);
  CHECK(t.table.heard(from(2, 77), kPeer, at(31'000)).sighting.fresh);
}

TEST_CASE("a node that asks is answered though it is known") {
  Table t;
  t.table.heard(from(2), kPeer, at(0));
  Announcement a;
  a.node = node_id(2);
  a.boot = 1;
  a.port = 8889;
  a.please_answer = true;
  CHECK(t.table.heard(encode(a), kPeer, at(100)).answer);
}

TEST_CASE("our own announcements and what is none are ignored") {
  Table t;
  CHECK(t.table.heard(from(1), kPeer, at(0)).what == What::kNothing);
  CHECK(t.table.heard(core::as_bytes("hello"), kPeer, at(0)).what == What::kNothing);
  CHECK(t.table.heard({}, kPeer, at(0)).what == What::kNothing);
  CHECK(t.table.stats().malformed == 2);
  CHECK(t.table.size() == 0);
}

TEST_CASE("addresses of another host that mean nothing here are left out") {
  Table t;
  Announcement a;
  a.node = node_id(2);
  a.port = 8889;
  a.addresses = {*wire::Address::parse("127.0.0.1:8889"), *wire::Address::parse("[fe80::1]:8889"),
                 *wire::Address::parse("10.0.0.9:8889"), *wire::Address::parse("[fd00::9]:1")};
  CHECK(t.table.heard(encode(a), kPeer, at(0)).sighting.addresses ==
        std::vector<std::string>{"10.0.0.9:8889", "[fd00::9]:1"});
  CHECK(t.table.heard(encode(a), {"fe80::9%2", true}, at(0)).sighting.addresses ==
        std::vector<std::string>{"[fe80::9%2]:8889", "127.0.0.1:8889", "10.0.0.9:8889",
                                 "[fd00::9]:1"});
}

TEST_CASE("a goodbye counts only from where the node was heard") {
  Table t;
  t.table.heard(from(2), kPeer, at(0));
  Announcement bye;
  bye.node = node_id(2);
  bye.port = 8889;
  bye.goodbye = true;
  CHECK(t.table.heard(encode(bye), {"10.6.6.6", false}, at(1)).what == What::kNothing);
  CHECK(t.table.size() == 1);
  const auto heard = t.table.heard(encode(bye), kPeer, at(2));
  CHECK(heard.what == What::kGone);
  CHECK(heard.sighting.node == node_id(2));
  CHECK(t.table.size() == 0);
}

TEST_CASE("what another source says of a node changes nothing of what the node said") {
  Table t;
  t.table.heard(from(2, 1), kPeer, at(0));
  t.table.heard(from(2, 99), {"10.6.6.6", false}, at(1));
  CHECK_FALSE(t.table.heard(from(2, 1), kPeer, at(2)).sighting.fresh);
}

TEST_CASE("a source that talks too much is not listened to, others are") {
  Table t;
  int seen = 0;
  for (int i = 0; i < 1000; ++i) {
    seen += t.table.heard(from(2, static_cast<std::uint64_t>(i)), kPeer, at(i)).what == What::kSeen;
  }
  CHECK(seen <= 20 + 5);
  CHECK(t.table.stats().limited >= 970);
  CHECK(t.table.heard(from(3), {"10.0.0.3", false}, at(1000)).what == What::kSeen);
}

TEST_CASE("the nodes that one source may name are bounded") {
  Table t;
  for (int i = 0; i < 200; ++i) {
    t.table.heard(from(100U + static_cast<unsigned>(i)), kPeer, at(i * 200));
  }
  CHECK(t.table.size() <= AnnouncementTable::kMaxNodesPerSource);
}

TEST_CASE("forged nodes and sources fill the tables to their bounds and push nobody out") {
  Table t;
  t.table.heard(from(2), kPeer, at(0));
  for (unsigned i = 0; i < 5000; ++i) {
    const Source forged{fmt::format("10.7.{}.{}", i / 250, i % 250), false};
    t.table.heard(from(1000 + i), forged, at(i / 10));
  }
  CHECK(t.table.size() == AnnouncementTable::kMaxNodes);
  const auto real = t.table.heard(from(2), kPeer, at(501));
  CHECK(real.what == What::kSeen);
  CHECK_FALSE(real.sighting.fresh);

  // Once they are silent there is room again.
  t.table.heard(from(2), kPeer, at(14'000));
  t.table.heard(from(2), kPeer, at(17'000));
  CHECK(t.table.size() == 1);
  CHECK(t.table.heard(from(3), {"10.0.0.3", false}, at(40'000)).what == What::kSeen);
}
