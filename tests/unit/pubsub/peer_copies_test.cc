// What goes to other nodes of one event: how many copies, and what becomes of one that can't go.
#include <set>

#include "past_world.h"

using namespace runard;
using namespace runard::test::past;

namespace {

struct Link final : pubsub::EventPeers {
  struct Copy {
    bool ungrouped;
    std::vector<std::string> groups;
  };
  Sent send(core::NodeId, const rpc::Event& event) override {
    copies.push_back({event.ungrouped, {event.groups.begin(), event.groups.end()}});
    sequences.push_back(event.sequence);
    return copies.size() > room ? Sent::kNoRoom : answer;
  }
  void ask_past(const core::NodeId&, rpc::PastQuery, Done) override {}
  std::vector<Copy> copies;
  std::vector<std::uint64_t> sequences;
  std::size_t room = 1000;  // copies
  Sent answer = Sent::kSent;
};

// A broker with one peer that subscribes to "t", once in each group.
struct OnePeer : World {
  explicit OnePeer(const std::vector<std::string>& groups) {
    broker.set_peers(&peer);
    registry::NodeRows rows;
    rows.node = node(1);
    rows.epoch = rows.version = 1;
    for (const std::string& group : groups) {
      rows.subscriptions.push_back({"main", "t", group});
    }
    registry.replace(rows, link);
  }
  ~OnePeer() { broker.set_peers(nullptr); }
  rpc::Receipt publish() {
    rpc::Event event;
    event.network = "main";
    event.topic = "t";
    event.publisher = "p";
    return broker.publish(event, {});
  }
  Link peer;
};

}  // namespace

TEST_CASE("groups that one message can't name go with further copies, each group once") {
  for (const std::size_t size : {std::size_t{4}, std::size_t{60}, std::size_t{256}}) {
    std::vector<std::string> groups = {""};
    for (int i = 0; i < 150; ++i) {
      groups.push_back(fmt::format("{:0>{}}", i, size));
    }
    OnePeer world(groups);
    CHECK(world.publish().reached == 1);

    std::multiset<std::string> seen;
    std::size_t for_all = 0;
    for (const Link::Copy& copy : world.peer.copies) {
      std::size_t bytes = 0;
      for (const std::string& group : copy.groups) {
        seen.insert(group);
        bytes += group.size();
      }
      CHECK(copy.groups.size() <= pubsub::Broker::kCopyGroups);
      CHECK(bytes <= pubsub::Broker::kCopyGroupBytes + 256);
      for_all += copy.ungrouped ? 1 : 0;
    }
    groups.erase(groups.begin());
    CHECK(seen == std::multiset<std::string>(groups.begin(), groups.end()));
    CHECK(for_all == 1);
    CHECK(world.peer.copies.front().ungrouped);
  }
}

TEST_CASE("one copy is enough for a few groups, and for none") {
  for (const std::vector<std::string>& groups :
       {std::vector<std::string>{""}, std::vector<std::string>{"a", "b"}}) {
    OnePeer world(groups);
    world.publish();
    CHECK(world.peer.copies.size() == 1);
  }
}

TEST_CASE("an event that no message can hold is refused when only peers want it") {
  OnePeer world({""});
  world.peer.answer = Link::Sent::kUnfit;
  CHECK(world.publish().code == Errc::kTooLarge);
  CHECK(world.broker.stats().refused == 1);

  world.peer.answer = Link::Sent::kNoLink;  // that is nobody's fault: it is lost
  CHECK(world.publish().code == Errc{});

  const auto queue = world.subscribe("t");
  world.peer.answer = Link::Sent::kUnfit;
  CHECK(world.publish().code == Errc{});  // somebody has got it
  CHECK(world.broker.stats().peer_losses == 2);
}

TEST_CASE(
    "what has reached some of a peer's groups is not said to be unsent when others had none") {
  std::vector<std::string> groups;
  for (int i = 0; i < 100; ++i) {
    groups.push_back(fmt::format("{:0>4}", i));
  }
  OnePeer world(groups);
  world.peer.room = 1;
  const rpc::Receipt receipt = world.publish();
  CHECK(receipt.code == Errc{});
  CHECK(receipt.reached == 1);
  CHECK(world.broker.stats().peer_losses == 1);
  INFO("the next event is another one for the groups that had this");
  world.peer.room = 1000;
  CHECK(world.publish().reached == 1);
  REQUIRE(world.peer.sequences.size() == 4);
  CHECK(world.peer.sequences[2] == world.peer.sequences[0] + 1);
  INFO("where nothing went out the publisher may try again");
  world.peer.room = world.peer.copies.size();
  CHECK(world.publish().code == Errc::kBackpressure);
}
