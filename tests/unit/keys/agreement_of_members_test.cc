// A new version of a network's key is used as soon as all members that are there hold it.
#include "mesh_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;

namespace {

// Members of one network, linked to each other; what each says of its keys is carried at once.
struct Members {
  explicit Members(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      nodes.push_back(std::make_unique<MeshNode>(world, name));
      last = nodes.back()->enrol()[0];
    }
    give(last);
  }
  MeshNode& operator[](std::size_t i) { return *nodes[i]; }

  void give(const std::optional<identity::Statement>& statement) {
    for (const auto& node : nodes) {
      REQUIRE(node->holder->take(*statement));
    }
  }
  void link(std::size_t a, std::size_t b) {
    nodes[a]->holder->live().up(nodes[b]->id, world.clock.now());
    nodes[b]->holder->live().up(nodes[a]->id, world.clock.now());
    linked.emplace_back(a, b);
  }
  void tell() {
    for (const auto& [a, b] : linked) {
      nodes[a]->holder->live().holds(nodes[b]->id, nodes[b]->holder->held_versions());
      nodes[b]->holder->live().holds(nodes[a]->id, nodes[a]->holder->held_versions());
    }
    for (const auto& node : nodes) {
      REQUIRE(node->holder->tick());
    }
  }

  MeshWorld world;
  std::vector<std::unique_ptr<MeshNode>> nodes;
  std::vector<std::pair<std::size_t, std::size_t>> linked;
  std::optional<identity::Statement> last;
};

}  // namespace

TEST_CASE("a pending key is used once every linked member has said that it has it") {
  Members members({"a", "b", "c"});
  members.link(0, 1);
  members.link(0, 2);
  members.link(1, 2);
  members.world.clock.advance(kMembersSettle);
  members.tell();
  const auto rotated = *members.world.networks->rotate(members.world.main, {24h, 24h * 7, {}});
  REQUIRE(members[0].holder->take(rotated));
  REQUIRE(members[1].holder->take(rotated));
  members.tell();
  CHECK(members[0].active() == 1);  // c has not got it yet
  const auto info = members[0].holder->network_info(members.world.main);
  REQUIRE(info);
  CHECK(info->versions[1].state == VersionState::kPending);
  CHECK(info->versions[1].lacking == std::vector{members[2].id});

  REQUIRE(members[2].holder->take(rotated));
  members.tell();
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(members[i].active() == 2);
    CHECK(members[i].holder->network_info(members.world.main)->versions[1].lacking.empty());
  }
  CHECK(reads(members[2], seal_for_network(members[0]), members[0].id));
}

TEST_CASE("a member that is away holds nobody up, and reads what was sealed when it is back") {
  Members members({"a", "b", "late"});
  members.link(0, 1);
  members.world.clock.advance(kMembersSettle);
  const auto rotated = *members.world.networks->rotate(members.world.main, {24h, 24h * 7, {}});
  REQUIRE(members[0].holder->take(rotated));
  REQUIRE(members[1].holder->take(rotated));
  members.tell();
  CHECK(members[0].active() == 2);
  const auto sealed = seal_for_network(members[0]);
  CHECK_FALSE(reads(members[2], sealed, members[0].id));

  members.link(0, 2);
  REQUIRE(members[2].holder->take(rotated));
  members.tell();
  CHECK(reads(members[2], sealed, members[0].id));
  CHECK(members[0].active() == 2);  // who comes later takes nothing back
  CHECK(reads(members[0], seal_for_network(members[2]), members[2].id));
}

TEST_CASE("a member that never says that it has the key holds up no longer than the CA says") {
  Members members({"a", "silent"});
  members[0].holder->live().up(members[1].id, members.world.clock.now());
  const auto rotated = *members.world.networks->rotate(members.world.main, {10min, 24h, {}});
  REQUIRE(members[0].holder->take(rotated));
  members.world.clock.advance(10min - 1s);
  REQUIRE(members[0].holder->tick());
  CHECK(members[0].active() == 1);
  members.world.clock.advance(1s);
  REQUIRE(members[0].holder->tick());
  CHECK(members[0].active() == 2);
}

TEST_CASE("a node alone, or with links that come and go, waits") {
  Members members({"a", "b"});
  const auto rotated = *members.world.networks->rotate(members.world.main, {1h, 24h, {}});
  members.give(rotated);
  REQUIRE(members[0].holder->tick());
  CHECK(members[0].active() == 1);
  members.world.clock.advance(1min);
  members.link(0, 1);
  members.tell();
  const auto next = members[0].holder->tick();
  CHECK(members[0].active() == 1);
  REQUIRE(next);
  CHECK(*next - members.world.clock.wall() == kMembersSettle);
  members.world.clock.advance(kMembersSettle);
  members.tell();
  CHECK(members[0].active() == 2);
}

TEST_CASE("T19: who was put out is asked for nothing, and what it says of itself counts nothing") {
  Members members({"a", "b", "out"});
  members.link(0, 1);
  members.link(0, 2);
  members.world.clock.advance(kMembersSettle);
  members.tell();
  const auto rotated =
      *members.world.networks->rotate(members.world.main, {24h, 24h, {members[2].id}});
  members.give(rotated);
  members.tell();
  CHECK(members[0].active() == 2);
  CHECK_FALSE(reads(members[2], seal_for_network(members[0]), members[0].id));
}

TEST_CASE("a key that members agreed on stays in use after a restart, whatever the clock says") {
  Members members({"a", "b"});
  members.link(0, 1);
  members.world.clock.advance(kMembersSettle);
  const auto rotated = *members.world.networks->rotate(members.world.main, {24h, 24h, {}});
  members.give(rotated);
  members.tell();
  REQUIRE(members[0].active() == 2);
  members[0].restart();
  REQUIRE(members[0].holder->take(rotated));
  CHECK(members[0].active() == 2);
}
