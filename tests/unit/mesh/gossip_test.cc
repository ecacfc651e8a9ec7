// Statements travel: heads, pulls, limits, hostile peers.
#include "mesh/gossip.h"

#include <catch2/catch_test_macros.hpp>

#include "gossip_world.h"

using namespace runard;
using namespace runard::mesh;
using namespace std::chrono_literals;
using wire::SyncType;

TEST_CASE("all nodes of a line have a statement after a few rounds, and then it is quiet") {
  World world(8);
  for (std::size_t i = 0; i + 1 < 8; ++i) {
    world.link(i, i + 1);
  }
  world.rounds(3);
  world[0].book.offer(statement(2, 0, 5), {});
  world.rounds(4 * 8);
  CHECK(world.who_have(key(2), 5) == 8);
  const std::size_t frames = world.frames;
  world.rounds(20);
  CHECK(world.frames == frames);
}

TEST_CASE("each statement is fetched once, however many peers have it") {
  World world(6);
  for (std::size_t i = 1; i < 6; ++i) {
    world[i].book.offer(statement(2, 0, 3), {});
    world.link(0, i);
  }
  world.rounds(10);
  CHECK(world[0].book.offers == 1);
  CHECK(world[0].book.generation(key(2)) == 3);
}

TEST_CASE("two halves that were apart agree on the newest when they meet") {
  World world(6);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = i + 1; j < 6; ++j) {
      if ((i < 3) == (j < 3)) {
        world.link(i, j);
      }
    }
  }
  world[0].book.offer(statement(2, 0, 4), {});
  world[5].book.offer(statement(2, 0, 7), {});
  world[1].book.offer(statement(4, 9, 1), {});
  world.rounds(20);
  CHECK(world.who_have(key(2), 4) == 3);
  CHECK(world.who_have(key(2), 7) == 3);
  world.link(2, 3);
  world.rounds(30);
  CHECK(world.who_have(key(2), 7) == 6);
  CHECK(world.who_have(key(4, 9), 1) == 6);
}

TEST_CASE("a large statement travels in chunks, also over a link that takes little at a time") {
  World world(2);
  world[0].book.offer(statement(2, 0, 1, 128U << 10), {});
  world.link(0, 1);
  for (int i = 0; i < 60; ++i) {
    world[0].port.room = 1;
    world.rounds(6);
  }
  CHECK(world.who_have(key(2), 1) == 2);
  CHECK(world[1].book.held[key(2)].size() == 128U << 10);
}

TEST_CASE("a network's statement reaches its members only") {
  World world(3);
  world.link(0, 1, {network(7)});
  world.link(0, 2, {network(8)});
  world[0].book.offer(statement(3, 7, 1), {});
  world.rounds(20);
  CHECK(world[1].book.generation(key(3, 7)) == 1);
  CHECK(!world[2].book.generation(key(3, 7)));
  CHECK(world[2].gossip.stats().received == 0);
}

TEST_CASE(
    "T18: what a hostile peer hands over is refused, not passed on, and it is asked no more") {
  World world(3);
  world[0].book.held[key(2)] = statement(2, 0, 200, 4, 'n');  // claims much, proves nothing
  world[2].book.offer(statement(2, 0, 3), {});
  world.link(0, 1);
  world.rounds(10);
  CHECK(!world[1].book.generation(key(2)));
  CHECK(world[1].gossip.stats().refused == 1);
  world.link(1, 2);
  world.rounds(20);
  CHECK(world[1].book.generation(key(2)) == 3);
  CHECK(world[1].gossip.stats().refused == 1);
  INFO("half a minute later it has another chance, and wastes it");
  world.now += 31'000;
  world.rounds(20);
  CHECK(world[1].gossip.stats().refused == 2);
  CHECK(world[1].book.generation(key(2)) == 3);
}

TEST_CASE("a peer that promises and never delivers only delays") {
  World world(2);
  FakePort& silent = world[0].port;
  world[0].book.held[key(2)] = statement(2, 0, 9);
  world.link(0, 1);
  world[0].gossip.tick(at(world.now));
  for (const Sent& frame : std::exchange(silent.sent, {})) {
    CHECK(world[1].gossip.on_frame(100, frame.type, frame.body, at(world.now)));
  }
  world[1].gossip.tick(at(world.now));
  CHECK(world[1].port.take(100, SyncType::kStatementPull).size() == 1);
  world[1].gossip.tick(at(world.now + 5'000));
  CHECK(world[1].port.take(100, SyncType::kStatementPull).empty());
  world[1].gossip.tick(at(world.now + 35'000));
  INFO("then it is asked again for what it has");
  CHECK(world[1].port.take(100, SyncType::kStatementPull).size() == 1);
}

TEST_CASE("statements that nobody asked for are not looked at") {
  World world(2);
  world.link(0, 1);
  world.rounds(5);
  const core::Bytes junk = statement(2, 0, 9);
  CHECK(world[1].gossip.on_frame(100, SyncType::kStatement,
                                 wire::encode(wire::RowsChunk{1, 0, 1, junk}), at(world.now)));
  CHECK(world[1].book.offers == 0);
}

TEST_CASE("broken frames, chunks out of order and statements that are too large cost the link") {
  World world(2);
  world.link(0, 1);
  world.rounds(5);
  Gossip& gossip = world[1].gossip;
  const core::Bytes junk{0xff, 0xff};
  for (const auto type :
       {SyncType::kStatementHeads, SyncType::kStatementPull, SyncType::kStatement}) {
    CHECK(!gossip.on_frame(100, type, junk, at(world.now)));
  }
  const core::Bytes part(wire::RowsChunk::kMaxBody, 1);
  CHECK(!gossip.on_frame(100, SyncType::kStatement, wire::encode(wire::RowsChunk{1, 1, 2, part}),
                         at(world.now)));
  CHECK(gossip.on_frame(100, SyncType::kStatement, wire::encode(wire::RowsChunk{1, 0, 4, part}),
                        at(world.now)));
  CHECK(gossip.on_frame(100, SyncType::kStatement, wire::encode(wire::RowsChunk{1, 1, 4, part}),
                        at(world.now)));
  CHECK(gossip
            .on_frame(100, SyncType::kStatement, wire::encode(wire::RowsChunk{1, 2, 4, part}),
                      at(world.now))
            .error()
            .code == core::Errc::kTooLarge);
}

TEST_CASE("heads without end and pulls without end take bounded work and memory") {
  GossipSettings settings;
  settings.wants = 100;
  World world(2, settings);
  world.link(0, 1);
  world.rounds(5);
  for (std::uint8_t n = 1; n < 250; ++n) {
    const std::vector<wire::StatementHead> heads{{key(4, n), 1}};
    CHECK(world[1].gossip.on_frame(100, SyncType::kStatementHeads, wire::encode(heads),
                                   at(world.now)));
  }
  std::size_t pulls = 0;
  for (int i = 0; i < 20; ++i) {
    world[1].gossip.tick(at(world.now + i));
    pulls += world[1].port.take(100, SyncType::kStatementPull).size();
  }
  CHECK(pulls == 1);  // one at a time from one peer

  world[1].book.offer(statement(2, 0, 1, 100'000), {});
  for (int i = 0; i < 1000; ++i) {
    CHECK(world[1].gossip.on_frame(100, SyncType::kStatementPull, wire::encode(std::vector{key(2)}),
                                   at(world.now)));
    world[1].gossip.tick(at(world.now));
  }
  CHECK(world[1].gossip.stats().sent <= 32);
}

TEST_CASE("profiles come at a rate: all come, nobody is distrusted, and the CA's word is first") {
  GossipSettings settings;
  settings.profile_burst = 3;
  settings.profiles_per_second = 1;
  World world(2, settings);
  for (std::uint8_t n = 1; n <= 10; ++n) {
    world[0].book.offer(statement(4, n, 1), {});
  }
  world.link(0, 1);
  world.rounds(40);
  CHECK(world[1].book.held.size() == 3);
  world[0].book.offer(statement(2, 0, 7), {});
  world.rounds(4);
  CHECK(world[1].book.generation(key(2)) == 7);
  for (int second = 0; second < 10; ++second) {
    world.now += 1000;
    world.rounds(4);
  }
  CHECK(world[1].book.held.size() == 11);
  CHECK(world[1].gossip.stats().refused == 0);
}

TEST_CASE("a profile that its owner changes without end is asked for at a rate of its own") {
  GossipSettings settings;
  settings.change_burst = 2;
  World world(2, settings);
  world.link(0, 1);
  for (std::uint8_t generation = 1; generation <= 100; ++generation) {
    world[0].book.offer(statement(4, 1, generation), {});
    world.rounds(4);
  }
  CHECK(world[1].gossip.stats().received == 2);
  world[0].book.offer(statement(4, 2, 1), {});
  world.rounds(4);
  CHECK(world[1].book.generation(key(4, 2)) == 1);
  INFO("the newest comes in the end");
  world.now += 15'000;
  world.rounds(4);
  CHECK(world[1].book.generation(key(4, 1)) == 100);
}

TEST_CASE("T18: a peer that tells of profiles without end hides no denylist of another one") {
  GossipSettings settings;
  settings.wants = 10;
  World world(3, settings);
  world.link(0, 1);
  world.rounds(5);
  for (std::uint8_t n = 1; n < 50; ++n) {
    const std::vector<wire::StatementHead> heads{{key(4, n), 1}};
    CHECK(world[1].gossip.on_frame(100, SyncType::kStatementHeads, wire::encode(heads),
                                   at(world.now)));
  }
  world[2].book.offer(statement(2, 0, 3), {});
  world.link(1, 2);
  world.rounds(10);
  CHECK(world[1].book.generation(key(2)) == 3);
}

TEST_CASE("newer roots are fetched before what they may have signed") {
  World world(2);
  world[0].book.offer(statement(1, 0, 2), {});
  world[0].book.offer(statement(2, 0, 2), {});
  world.link(0, 1);
  world[0].gossip.tick(at(world.now));
  for (const Sent& frame : std::exchange(world[0].port.sent, {})) {
    CHECK(world[1].gossip.on_frame(100, frame.type, frame.body, at(world.now)));
  }
  world[1].gossip.tick(at(world.now));
  const auto pulls = world[1].port.take(100, SyncType::kStatementPull);
  REQUIRE(pulls.size() == 1);
  CHECK(wire::decode_statement_pulls(pulls[0].body).value() == std::vector{key(1)});
  CHECK(world[1].gossip.trust_of(100) == 2);
}
