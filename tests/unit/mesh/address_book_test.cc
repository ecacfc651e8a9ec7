#include "mesh/address_book.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "book.h"

using namespace runard;
using namespace runard::mesh;

TEST_CASE("a static peer is dialled at once, and for ever, with growing and jittered pauses") {
  Book b;
  b.book.seen(fixed("node-b.example:8889"), at(0));
  const auto begun = b.run(600'000, 1);
  REQUIRE(begun.size() > 20);
  CHECK(begun.size() < 80);
  CHECK(begun[0] == 0);
  CHECK(begun[1] <= 202);
  std::set<std::int64_t> pauses;
  for (std::size_t i = 10; i + 1 < begun.size(); ++i) {
    pauses.insert(begun[i + 1] - begun[i]);
    CHECK(begun[i + 1] - begun[i] <= 30'002);
  }
  CHECK(pauses.size() > begun.size() / 2);
}

TEST_CASE("fifty dead addresses delay a live one by less than half a second") {
  Book b;
  for (int i = 0; i < 50; ++i) {
    b.book.seen(fixed(fmt::format("10.9.0.{}:8889", i)), at(0));
  }
  b.book.seen(fixed("live:8889"), at(0));
  const auto begun = b.run(500);
  CHECK(begun.size() == 51);
  CHECK(begun.back() <= 400);
}

TEST_CASE("fifty dead addresses that were tried before don't delay a newcomer at all") {
  Book b;
  for (int i = 0; i < 50; ++i) {
    b.book.seen(fixed(fmt::format("10.9.0.{}:8889", i)), at(0));
  }
  b.run(60'000);
  b.book.seen(multicast(9, "10.0.0.9:8889", true), at(60'000));
  b.run(60'010);
  CHECK(b.dialled.contains(node_id(9)));
}

TEST_CASE("young dials are bounded, and all dials together") {
  Book b;
  for (int i = 0; i < 200; ++i) {
    b.book.seen(fixed(fmt::format("10.9.0.{}:8889", i)), at(0));
  }
  const auto begun = b.run(4'000);
  CHECK(begun.size() == 128);
  CHECK(std::count(begun.begin(), begun.end(), 0) == 16);
  CHECK(b.book.dials_in_flight() == 128);
}

TEST_CASE("an address that leads back to this node is never dialled again") {
  Book b;
  b.book.seen(fixed("10.0.0.5:8889"), at(0));
  const auto dials = b.book.due(at(0));
  REQUIRE(dials.size() == 1);
  b.book.failed(dials[0].id, core::fail(core::Errc::kSelfDial, ""), node_id(5), at(1));
  b.ms = 2;
  CHECK(b.run(600'000).empty());
  CHECK(b.book.list().at(0).self);
}

TEST_CASE("a name that led back to this node is tried again: names move") {
  Book b;
  b.book.seen(fixed("mesh.example:8889"), at(0));
  const auto dials = b.book.due(at(0));
  b.book.failed(dials[0].id, core::fail(core::Errc::kSelfDial, ""), node_id(5), at(1));
  b.ms = 2;
  CHECK_FALSE(b.run(600'000).empty());
}

TEST_CASE("one of a target's addresses that leads back to this node is not all of it") {
  Book b;
  b.book.seen({{"10.0.0.5:8889", "172.17.0.1:8889"}, node_id(6), HintSource::kStatic, {}, false},
              at(0));
  const auto dials = b.book.due(at(0));
  REQUIRE(dials.size() == 1);
  b.book.failed(dials[0].id, core::fail(core::Errc::kSelfDial, ""), {}, at(1));
  b.ms = 2;
  CHECK_FALSE(b.run(600'000).empty());
  CHECK_FALSE(b.book.list().at(0).self);
}

TEST_CASE("a linked node is not dialled, however often it is seen") {
  Book b;
  b.book.linked(node_id(3), 0, at(0));
  for (int i = 0; i < 10; ++i) {
    b.book.seen(multicast(3, "10.0.0.3:8889", true), at(i));
  }
  CHECK(b.run(10'000).empty());
}

TEST_CASE("a static address whose node turned out to be linked already is left alone") {
  Book b;
  b.book.linked(node_id(3), 0, at(0));
  b.book.seen(fixed("node-c:8889"), at(0));
  const auto dials = b.book.due(at(0));
  REQUIRE(dials.size() == 1);
  b.book.failed(dials[0].id, core::fail(core::Errc::kDuplicateLink, ""), node_id(3), at(5));
  b.ms = 6;
  CHECK(b.run(100'000).empty());
  b.book.lost(node_id(3), false, at(100'000));
  CHECK_FALSE(b.run(100'400).empty());
}

TEST_CASE("a lost peer is dialled at once where it said that it listens") {
  Book b;
  b.book.linked(node_id(7), 0, at(0));
  b.book.told(node_id(7), {"10.0.0.7:8889", "[fd00::7]:8889"});
  CHECK(b.run(1'000).empty());
  b.book.lost(node_id(7), false, at(1'000));
  const auto begun = b.run(60'000, 1);
  REQUIRE(begun.size() > 10);
  CHECK(begun[0] <= 1'101);
  CHECK(b.last.addresses.size() == 2);
  CHECK(b.last.expected == node_id(7));
  for (std::size_t i = 0; i + 1 < begun.size(); ++i) {
    CHECK(begun[i + 1] - begun[i] <= 4'002);  // it will most likely come back
  }
}

TEST_CASE("a lost peer is forgotten after an hour") {
  Book b;
  b.book.linked(node_id(7), 0, at(0));
  b.book.told(node_id(7), {"10.0.0.7:8889"});
  b.book.lost(node_id(7), false, at(0));
  b.run(3'700'000, 1);
  CHECK(b.book.list().empty());
}

TEST_CASE("after a goodbye only static addresses are tried again") {
  Book b;
  b.book.seen(fixed("10.0.0.3:8889"), at(0));
  const auto dials = b.book.due(at(0));
  b.book.linked(node_id(3), dials[0].id, at(1));
  b.book.told(node_id(3), {"10.0.0.3:8889"});
  b.book.lost(node_id(3), true, at(2));
  b.ms = 3;
  b.run(10'000, 1);
  REQUIRE(b.book.list().size() == 1);
  CHECK(b.book.list()[0].is_static);
  CHECK(b.book.list()[0].failures > 0);
}

TEST_CASE("the higher node id gives the lower one a moment to dial first") {
  Book b;
  b.book.seen(multicast(3, "10.0.0.3:8889"), at(0));  // lower than 5: let it dial
  b.book.seen(multicast(9, "10.0.0.9:8889"), at(0));
  CHECK(b.run(99) == std::vector<std::int64_t>{0});
  b.book.linked(node_id(3), 0, at(99));  // it did
  CHECK(b.run(1'000).empty());
}

TEST_CASE("a dial that the transport never ends is given up") {
  Book b;
  b.book.seen(fixed("10.0.0.3:8889"), at(0));
  b.book.due(at(0));
  CHECK(b.run(9'999).empty());
  CHECK(b.run(10'300).size() == 1);
}

TEST_CASE("one who refuses us is asked seldom") {
  Book b;
  b.book.seen(fixed("10.0.0.3:8889"), at(0));
  CHECK(b.refused(120'000, core::Errc::kCertificateUntrusted) < 20);
  CHECK(b.book.list()[0].last_error->code == core::Errc::kCertificateUntrusted);
}

TEST_CASE(
    "who has no network in common is dialled once at each static address, then not for long") {
  Book b;
  for (int i = 0; i < 4; ++i) {
    b.book.seen(fixed(fmt::format("10.0.{}.3:8889", i)), at(0));
  }
  CHECK(b.refused(290'000) == 4);
  CHECK(b.refused(600'000) == 4);
  CHECK(b.book.list()[0].last_error->code == core::Errc::kNoCommonNetwork);
}

TEST_CASE("who has no network in common is not dialled by other hints of it either") {
  Book b;
  b.book.seen(multicast(3, "10.0.0.3:8889"), at(0));
  CHECK(b.refused(1'000) == 1);
  for (int i = 0; i < 250; ++i) {
    b.book.seen(multicast(3, "10.0.0.3:8889", true), at(b.ms));
    b.book.seen(multicast(3, fmt::format("10.0.{}.9:8889", i % 8), true), at(b.ms));
    b.book.seen(
        {{"10.0.1.3:8889"}, node_id(3), HintSource::kExchange, std::chrono::seconds(9), true},
        at(b.ms));
    CHECK(b.refused(b.ms + 1'000) == 0);
  }
  INFO("another node is");
  b.book.seen(multicast(4, "10.0.0.4:8889"), at(b.ms));
  CHECK(b.refused(b.ms + 1'000) == 1);
}

TEST_CASE("what somebody else answers at a peer's old address says nothing of the peer") {
  Book b;
  b.book.seen(fixed("10.0.0.3:8889"), at(0));
  b.book.linked(node_id(3), b.book.due(at(0)).at(0).id, at(0));
  b.book.told(node_id(3), {"10.0.1.3:8889"});
  b.book.lost(node_id(3), false, at(0));
  std::set<std::string> dialled;
  for (; b.ms < 60'000; ++b.ms) {
    for (const auto& dial : b.book.due(at(b.ms))) {
      const bool old = dial.addresses[0] == "10.0.0.3:8889";
      CHECK((!old || !dialled.contains(dial.addresses[0])));
      dialled.insert(dial.addresses[0]);
      b.book.failed(dial.id, old ? core::fail(core::Errc::kNoCommonNetwork, "") : kNobody, {},
                    at(b.ms));
    }
  }
  CHECK(dialled.size() == 2);
}

TEST_CASE("when this node's networks or trust change, who was apart is dialled again at once") {
  Book b;
  b.book.seen(fixed("10.0.0.3:8889"), at(0));
  b.book.seen(multicast(4, "10.0.0.4:8889"), at(0));
  CHECK(b.refused(1'000) == 2);
  b.book.reconsider(at(b.ms));
  CHECK(b.refused(b.ms + 200) == 2);
  CHECK(b.refused(b.ms + 200'000) == 0);
}

TEST_CASE(
    "a link that was cut for want of a network is not dialled anew, until it comes by itself") {
  Book b;
  b.book.seen(fixed("10.0.0.3:8889"), at(0));
  b.book.linked(node_id(3), b.book.due(at(0)).at(0).id, at(0));
  b.book.told(node_id(3), {"10.0.0.3:9999"});
  b.book.lost(node_id(3), false, at(0));
  b.book.apart(node_id(3), at(0));
  CHECK(b.refused(290'000) == 0);
  b.book.linked(node_id(3), 0, at(b.ms));
  b.book.lost(node_id(3), false, at(b.ms));
  CHECK(b.refused(b.ms + 1'000) >= 1);
}

TEST_CASE("so many nodes without a common network are remembered") {
  Book b;
  const std::size_t most = DialSettings().apart_nodes;
  for (std::size_t i = 0; i < most + 10; ++i) {
    core::NodeId node = node_id(9);
    node.bytes[0] = static_cast<std::uint8_t>(i);
    node.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    b.book.apart(node, at(0));
  }
  CHECK(b.book.nodes_apart() == most);
  b.book.due(at(600'001));
  CHECK(b.book.nodes_apart() == 0);
}
