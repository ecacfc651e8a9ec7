// A member of the mesh that would keep others from hearing what the CA says.
#include <catch2/catch_test_macros.hpp>

#include "gossip_world.h"

using namespace runard;
using namespace runard::mesh;
using namespace std::chrono_literals;
using wire::SyncType;

namespace {

constexpr std::uint64_t kMuch = 1ULL << 62;

// Node 0 of the world hears of node 1, which is honest and has a denylist, and of the member.
struct Scene {
  Scene() {
    nodes[0].book.offer(statement(1, 0, 2), {});
    nodes[1].book.offer(statement(1, 0, 2), {});
  }
  Gossip& gossip() { return nodes[0].gossip; }
  void join() {
    link += 100;
    chunks = 0;
    gossip().link_up(link, node_id(77), {network(7)}, at(nodes.now));
  }
  void leave() { gossip().link_down(link); }
  void tell(const std::vector<wire::StatementHead>& heads) {
    CHECK(gossip().on_frame(link, SyncType::kStatementHeads, wire::encode(heads), at(nodes.now)));
  }
  void hand_over(const core::Bytes& bytes) {
    CHECK(gossip().on_frame(link, SyncType::kStatement,
                            wire::encode(wire::RowsChunk{++chunks, 0, 1, bytes}), at(nodes.now)));
  }
  // What the member is asked for in this round; the honest ones speak in each.
  std::vector<wire::StatementKey> round() {
    gossip().tick(at(nodes.now));
    std::vector<wire::StatementKey> asked;
    for (const Sent& frame : nodes[0].port.take(link, SyncType::kStatementPull)) {
      for (const wire::StatementKey& one : wire::decode_statement_pulls(frame.body).value()) {
        asked.push_back(one);
      }
    }
    std::erase_if(nodes[0].port.sent, [this](const Sent& frame) { return frame.link == link; });
    nodes.round();
    return asked;
  }
  bool denied() const { return nodes.who_have(key(2), 5) == 2; }

  World nodes{2};
  LinkId link = 77'000;
  std::uint64_t chunks = 0;
};

}  // namespace

TEST_CASE("T18: who promises newer roots and hands over the old ones holds up no denylist") {
  Scene scene;
  scene.join();
  scene.nodes.link(0, 1);
  std::size_t asked = 0;
  for (int i = 0; i < 50; ++i) {
    scene.tell({{key(1), kMuch}});
    for (const wire::StatementKey& one : scene.round()) {
      CHECK(one == key(1));
      ++asked;
      scene.hand_over(statement(1, 0, 2));  // valid, and everybody has it
    }
    if (i == 10) {
      scene.nodes[1].book.offer(statement(2, 0, 5), {});
    }
  }
  CHECK(scene.denied());
  CHECK(asked == 1);
}

TEST_CASE("T18: who promises newer roots and says nothing more holds up no denylist") {
  Scene scene;
  scene.join();
  scene.nodes.link(0, 1);
  scene.tell({{key(1), kMuch}});
  CHECK(scene.round() == std::vector{key(1)});
  scene.nodes[1].book.offer(statement(2, 0, 5), {});
  for (int i = 0; i < 10; ++i) {
    scene.round();
  }
  CHECK(scene.denied());
}

TEST_CASE("T18: who promises a newer denylist and hangs up when asked is not asked first again") {
  Scene scene;
  scene.nodes.link(0, 1);
  scene.nodes[1].book.offer(statement(2, 0, 5), {});
  for (int i = 0; i < 10; ++i) {
    scene.join();
    scene.tell({{key(2), kMuch}});
    scene.round();
    scene.leave();
  }
  CHECK(scene.denied());
}

TEST_CASE("T18: a node that told too much is asked for nothing over its next link either") {
  Scene scene;
  scene.join();
  scene.tell({{key(2), kMuch}});
  CHECK(scene.round() == std::vector{key(2)});
  scene.hand_over(statement(2, 0, 1));
  scene.leave();
  scene.join();
  scene.tell({{key(2), kMuch}});
  CHECK(scene.round().empty());
  scene.nodes.now += 30'000;
  scene.round();
  scene.tell({{key(2), kMuch}});
  CHECK(scene.round() == std::vector{key(2)});
}

TEST_CASE("T18: profiles without end keep out neither a denylist nor the profiles of others") {
  Scene scene;
  scene.join();
  for (std::uint64_t i = 0; i < 4096; ++i) {
    wire::StatementKey made = key(4, 200);
    made.subject.bytes[0] = static_cast<std::uint8_t>(i);
    made.subject.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    scene.tell({{made, 1}});
  }
  scene.nodes[1].book.offer(statement(2, 0, 5), {});
  scene.nodes[1].book.offer(statement(4, 9, 1), {});
  scene.nodes[1].book.offer(statement(3, 7, 1), {});
  scene.nodes.link(0, 1, {network(7)});
  for (int i = 0; i < 20; ++i) {
    scene.round();
  }
  CHECK(scene.denied());
  CHECK(scene.nodes.who_have(key(3, 7), 1) == 2);
  CHECK(scene.nodes.who_have(key(4, 9), 1) == 2);
}

TEST_CASE("a peer with more profiles than are remembered of one link is asked for all in the end") {
  GossipSettings settings;
  settings.wants_link = 8;
  settings.burst = 1000;
  World world(2, settings);
  for (std::uint8_t n = 1; n <= 60; ++n) {
    world[0].book.offer(statement(4, n, 1), {});
  }
  world.link(0, 1);
  world.rounds(2000);
  CHECK(world[1].book.held.size() == 60);
}

TEST_CASE("who told of a profile and dropped it is asked what it has, and heeded in all else") {
  Scene scene;
  scene.join();
  scene.tell({{key(4, 1), 1}, {key(4, 2), 1}});
  CHECK(scene.round() == std::vector{key(4, 1)});
  scene.nodes.now += 5'000;
  std::size_t asked_for_heads = 0;
  scene.gossip().tick(at(scene.nodes.now));
  for (const Sent& frame : scene.nodes[0].port.take(scene.link, SyncType::kStatementPull)) {
    asked_for_heads += wire::decode_statement_pulls(frame.body).value().empty() ? 1 : 0;
  }
  CHECK(asked_for_heads == 1);
  scene.tell({{key(2), 5}, {key(4, 2), 1}});
  CHECK(scene.round() == std::vector{key(2)});
  INFO("the profile comes after all, and is not taken for the denylist");
  scene.hand_over(statement(4, 1, 1));
  scene.hand_over(statement(2, 0, 5));
  CHECK(scene.nodes.who_have(key(2), 5) == 1);
  CHECK(scene.nodes.who_have(key(4, 1), 1) == 1);
  CHECK(scene.round() == std::vector{key(4, 2)});
  INFO("less than promised is, however, when nothing is late");
  scene.tell({{key(2), 9}});
  scene.hand_over(statement(4, 2, 1));
  CHECK(scene.round() == std::vector{key(2)});
  scene.hand_over(statement(2, 0, 6));
  scene.tell({{key(2), 9}});
  CHECK(scene.round().empty());
}
