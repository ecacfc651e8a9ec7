#include "mesh/address_book.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "pair.h"

using namespace runard;
using namespace runard::mesh;

namespace {

const core::Error kNobody = core::fail(core::Errc::kDeadlineExceeded, "");

DialHint fixed(std::string address) {
  return {{std::move(address)}, {}, HintSource::kStatic, {}, false};
}
DialHint multicast(std::uint8_t node, std::string address, bool fresh = false) {
  return {
      {std::move(address)}, node_id(node), HintSource::kMulticast, std::chrono::seconds(15), fresh};
}

// Of a node made up by the peer `from`, with more addresses than one where nobody is.
DialHint invented(std::uint8_t from, int number) {
  core::NodeId node = node_id(0xee);
  node.bytes[0] = from;
  node.bytes[1] = static_cast<std::uint8_t>(number);
  node.bytes[2] = static_cast<std::uint8_t>(number >> 8);
  std::vector<std::string> addresses;
  for (int i = 0; i < 8; ++i) {
    addresses.push_back(fmt::format("10.{}.{}.{}:{}", from, number / 250, number % 250, i + 1));
  }
  return {addresses, node, HintSource::kExchange, std::chrono::minutes(10), false, node_id(from)};
}
DialHint exchanged(std::uint8_t from, std::uint8_t node, std::string address) {
  return {{std::move(address)},     node_id(node), HintSource::kExchange,
          std::chrono::minutes(10), false,         node_id(from)};
}

struct Book {
  core::SeededRandom random{1};
  AddressBook book{DialSettings(), random, node_id(5)};

  // Ticks each millisecond until `end`, failing dials after `dead` ms; gives when each was begun.
  std::vector<std::int64_t> run(std::int64_t end, std::int64_t dead = 5000) {
    std::vector<std::int64_t> begun;
    std::multimap<std::int64_t, DialId> ends;
    for (; ms < end; ++ms) {
      while (!ends.empty() && ends.begin()->first <= ms) {
        book.failed(ends.begin()->second, kNobody, {}, at(ms));
        ends.erase(ends.begin());
      }
      if (book.expiry() > at(ms)) {
        continue;
      }
      for (const auto& dial : book.due(at(ms))) {
        begun.push_back(ms);
        ends.emplace(ms + dead, dial.id);
        last = dial;
        statics += dial.expected ? 0 : 1;
        if (dial.expected) {
          dialled[*dial.expected] = ms;
        }
      }
    }
    return begun;
  }
  // Until `end`, each dial is answered so by whom the hint names, or somebody; gives how many.
  std::size_t refused(std::int64_t end, core::Errc code = core::Errc::kNoCommonNetwork) {
    std::size_t dials = 0;
    for (; ms < end; ++ms) {
      for (const auto& dial : book.due(at(ms))) {
        ++dials;
        book.failed(dial.id, core::fail(code, ""), {}, at(ms));
      }
    }
    return dials;
  }
  std::int64_t ms = 0;
  std::size_t statics = 0;  // dials of static targets
  AddressBook::Dial last;
  std::map<core::NodeId, std::int64_t> dialled;  // when last
};

}  // namespace

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

TEST_CASE("a hint expires unless it is repeated") {
  Book b;
  b.book.seen(multicast(3, "10.0.0.3:8889"), at(0));
  b.run(10'000, 1);
  b.book.seen(multicast(3, "10.0.0.3:8889"), at(10'000));
  b.run(20'000, 1);
  CHECK(b.book.list().size() == 1);
  b.run(26'000, 1);
  CHECK(b.book.list().empty());
}

TEST_CASE("a node that has just started is dialled at once, whatever failed before") {
  Book b;
  b.book.seen(multicast(3, "10.0.0.3:8889"), at(0));
  for (int round = 0; round < 20; ++round) {
    b.run(b.ms + 5'000, 1);
    b.book.seen(multicast(3, "10.0.0.3:8889"), at(b.ms));
  }
  b.book.seen(multicast(3, "10.0.0.3:8889", true), at(b.ms));
  const auto begun = b.run(b.ms + 400, 1);
  CHECK_FALSE(begun.empty());
}

TEST_CASE("the higher node id gives the lower one a moment to dial first") {
  Book b;
  b.book.seen(multicast(3, "10.0.0.3:8889"), at(0));  // lower than 5: let it dial
  b.book.seen(multicast(9, "10.0.0.9:8889"), at(0));
  CHECK(b.run(99) == std::vector<std::int64_t>{0});
  b.book.linked(node_id(3), 0, at(99));  // it did
  CHECK(b.run(1'000).empty());
}

TEST_CASE("a forged hint neither replaces a real one nor keeps it from being dialled") {
  Book b;
  b.book.linked(node_id(3), 0, at(0));
  b.book.seen(multicast(3, "10.0.0.9:8889"), at(0));  // "node 3, which is linked, is at 9's place"
  b.book.seen(multicast(9, "10.0.0.9:8889"), at(1));
  b.run(400);
  CHECK(b.last.expected == node_id(9));
  b.book.seen(multicast(8, "10.6.6.6:1"), at(400));
  b.book.seen(multicast(8, "10.0.0.8:8889"), at(400));
  CHECK(b.run(1'000).size() >= 2);
}

TEST_CASE("forged hints lead to few dials and a bounded table, and evict no real peer") {
  Book b;
  b.book.linked(node_id(7), 0, at(0));
  b.book.told(node_id(7), {"10.0.0.7:8889"});
  std::size_t dials = 0;
  for (int i = 0; i < 10'000; ++i) {
    DialHint hint = multicast(9, fmt::format("10.{}.{}.1:1", i / 250, i % 250), true);
    hint.node->bytes[1] = static_cast<std::uint8_t>(i);
    hint.node->bytes[2] = static_cast<std::uint8_t>(i >> 8);
    b.book.seen(hint, at(i));
    dials += b.run(i + 1).size();
  }
  CHECK(b.book.list().size() <= 513);
  CHECK(dials <= 32 + 10 * 10 + 1);
  b.book.lost(node_id(7), false, at(10'000));
  const auto begun = b.run(10'400);
  CHECK_FALSE(begun.empty());
  CHECK(b.dialled.contains(node_id(7)));
}

TEST_CASE("T10: a peer that tells of nodes without end keeps nobody else from being dialled") {
  Book b;
  b.book.seen(fixed("10.0.0.3:8889"), at(0));
  b.book.linked(node_id(7), 0, at(0));
  b.book.told(node_id(7), {"10.0.0.7:8889"});
  int told = 0;
  std::size_t dials = 0;
  const auto flood = [&](std::int64_t until) {
    for (; b.ms < until; dials += b.run(b.ms + 2'500).size()) {
      for (int i = 0; i < 64; ++i) {
        b.book.seen(invented(66, told++), at(b.ms));
      }
    }
  };
  flood(60'000);
  CHECK(dials > 500);
  CHECK(dials < 32 + 60 * 10 + 20);
  INFO("a lost peer, again and again, and a static one");
  b.book.lost(node_id(7), false, at(60'000));
  flood(120'000);
  CHECK(b.dialled[node_id(7)] > 110'000);
  CHECK(b.statics > 5);
  INFO("nodes of which another peer or the group tells");
  b.book.seen(exchanged(8, 9, "10.0.0.9:8889"), at(120'000));
  b.book.seen(multicast(10, "10.0.0.10:8889"), at(120'000));
  flood(122'500);
  CHECK(b.dialled[node_id(9)] <= 120'200);
  CHECK(b.dialled[node_id(10)] <= 120'200);
}

TEST_CASE("T10: a peer that names a node first does not use up the dials that others pay for it") {
  Book b;
  for (int i = 0; i < 500; ++i) {
    b.book.seen(invented(66, i), at(0));
  }
  b.run(5'000);
  b.book.seen(exchanged(66, 9, "10.0.0.9:8889"), at(5'000));
  b.book.seen(exchanged(8, 9, "10.0.0.9:8889"), at(5'000));
  b.run(5'200);
  CHECK(b.dialled.contains(node_id(9)));
}

TEST_CASE("T10: one peer's hints take a share of the table, all hints leave room for peers") {
  Book b;
  for (int i = 0; i < 2'000; ++i) {
    b.book.seen(invented(66, i), at(0));
  }
  CHECK(b.book.list().size() == DialSettings().exchange_targets_peer);
  b.book.seen(exchanged(8, 9, "10.0.0.9:8889"), at(0));
  CHECK(b.book.list().size() == DialSettings().exchange_targets_peer + 1);
  for (int from = 100; from < 110; ++from) {
    for (int i = 0; i < 100; ++i) {
      b.book.seen(invented(static_cast<std::uint8_t>(from), i), at(0));
    }
  }
  CHECK(b.book.list().size() == DialSettings().exchange_targets);
  b.run(3'000);
  CHECK(b.book.dials_in_flight() == DialSettings().hearsay);
  for (int i = 0; i < 50; ++i) {
    b.book.seen(fixed(fmt::format("10.9.0.{}:8889", i)), at(3'000));
  }
  b.run(4'000);
  CHECK(b.book.dials_in_flight() == DialSettings().in_flight);
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

TEST_CASE("hints without an address, or with too many, are taken for what they are") {
  Book b;
  b.book.seen({{}, node_id(3), HintSource::kExchange, std::chrono::seconds(9), false}, at(0));
  b.book.seen({{"", ""}, node_id(3), HintSource::kExchange, std::chrono::seconds(9), false}, at(0));
  CHECK(b.book.list().empty());
  b.book.seen({std::vector<std::string>(100, "10.0.0.3:1"), node_id(3), HintSource::kExchange,
               std::chrono::seconds(9), false},
              at(0));
  CHECK(b.book.list().at(0).addresses.size() == 1);
}

TEST_CASE("a goodbye on the multicast group drops the hint only") {
  Book b;
  b.book.seen(multicast(3, "10.0.0.3:8889"), at(0));
  b.book.seen(multicast(7, "10.0.0.7:8889"), at(0));
  b.book.linked(node_id(7), 0, at(0));
  b.book.unseen(node_id(3));
  b.book.unseen(node_id(7));
  REQUIRE(b.book.list().size() == 1);
  CHECK(b.book.list()[0].linked);
}
