// What an AddressBook does with what others say of nodes.
#include <catch2/catch_test_macros.hpp>

#include "book.h"

using namespace runard;
using namespace runard::mesh;

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
