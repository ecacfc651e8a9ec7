// Links that come, compete, fall silent and go; draining and goodbye.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "pair.h"

using namespace runard;
using namespace runard::mesh;

namespace {

const core::Error kLost = core::fail(core::Errc::kLinkLost, "");

struct Linked {
  End a{1, 1, {"main"}};
  End b{2, 1, {"main"}};
  Pair pair{a, b};
  Linked() {
    a.offer({service("main", "math")}, at(0));
    b.offer({service("main", "logs")}, at(0));
    pair.up(1, at(0));
    pair.carry(at(0));
  }
  PeerState state_of_a() const { return b.mesh.peers().at(0).state; }
};

}  // namespace

TEST_CASE("a link to oneself is closed") {
  End a(1, 1, {"main"});
  a.mesh.link_up(1, a.info(), at(0));
  CHECK(a.port.closed.at(1) == core::Errc::kSelfDial);
  CHECK(a.mesh.peers().empty());
}

TEST_CASE("two nodes without a common network part, and nothing was said") {
  End a(1, 1, {"main"});
  End b(2, 1, {"other"});
  a.mesh.link_up(1, b.info(), at(0));
  CHECK(a.port.closed.at(1) == core::Errc::kNoCommonNetwork);
  CHECK(a.port.sent.empty());
}

TEST_CASE(
    "a peer whose link ended for want of a network is dialled when trust or networks change") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  a.mesh.seen({{"10.0.0.2:8889"}, {}, HintSource::kStatic, {}, false}, at(0));
  a.mesh.tick(at(0));
  REQUIRE(a.port.dials.size() == 1);
  PeerInfo info = b.info();
  info.dial = a.port.dials[0].id;
  a.mesh.link_up(1, info, at(1));
  a.mesh.link_down(1, core::fail(core::Errc::kNoCommonNetwork, "closed by the peer"), at(2));
  for (int ms = 3; ms < 290'000; ms += 50) {
    a.mesh.tick(at(ms));
  }
  CHECK(a.port.dials.size() == 1);
  a.mesh.trust_changed(at(290'000));
  a.mesh.tick(at(290'200));
  CHECK(a.port.dials.size() == 2);
}

TEST_CASE("the number of peers is bounded") {
  Settings settings;
  settings.peers = 3;
  End a(1, 1, {"main"}, settings);
  for (std::uint8_t i = 2; i < 10; ++i) {
    End other(i, 1, {"main"});
    a.mesh.link_up(i, other.info(), at(0));
  }
  CHECK(a.mesh.peers().size() == 3);
  CHECK(a.port.closed.at(9) == core::Errc::kOverloaded);
}

TEST_CASE("the new link of a pair may come before the old one goes") {
  Linked l;
  l.pair.up(2, at(10));
  l.pair.carry(at(10));
  CHECK(l.b.port.attached.at(l.a.id) == 2);
  l.a.mesh.link_down(1, kLost, at(20));
  l.b.mesh.link_down(1, kLost, at(20));

  CHECK(l.b.port.attached.at(l.a.id) == 2);
  CHECK(l.state_of_a() == PeerState::kUp);
  CHECK(l.b.port.told.size() == 1);  // nobody saw it blink
  l.a.offer({service("main", "more")}, at(30));
  l.pair.carry(at(30));
  CHECK(l.b.port.rows.at(l.a.id).services[0].path == "more");
}

TEST_CASE("when the new link is the one that goes, the old one is used again") {
  Linked l;
  l.pair.up(2, at(10));
  l.pair.carry(at(10));
  l.a.mesh.link_down(2, kLost, at(20));
  l.b.mesh.link_down(2, kLost, at(20));
  CHECK(l.b.port.attached.at(l.a.id) == 1);
  l.a.offer({service("main", "more")}, at(30));
  l.pair.carry(at(30));
  CHECK(l.b.port.rows.at(l.a.id).services[0].path == "more");
}

TEST_CASE("the links of one pair are bounded") {
  Linked l;
  for (LinkId link = 2; link < 10; ++link) {
    l.b.mesh.link_up(link, l.a.info(), at(10));
  }
  CHECK(l.b.mesh.stats().links == 4);
  CHECK(l.b.port.closed.at(9) == core::Errc::kDuplicateLink);
}

TEST_CASE("rows outlive their link for the grace period, but nothing is sent to the peer") {
  Linked l;
  l.b.mesh.link_down(1, kLost, at(100));
  CHECK_FALSE(l.b.port.attached.contains(l.a.id));
  CHECK(l.b.port.rows.contains(l.a.id));
  CHECK(l.state_of_a() == PeerState::kLost);
  CHECK(l.b.mesh.expiry() <= at(1100));
  l.b.mesh.tick(at(1099));
  CHECK(l.b.port.rows.contains(l.a.id));
  l.b.mesh.tick(at(1100));
  CHECK_FALSE(l.b.port.rows.contains(l.a.id));
  CHECK(l.b.port.told.back() == std::pair(PeerNews::kDisconnected, l.a.id));
  CHECK(l.b.mesh.peers().empty());
}

TEST_CASE("a link that flaps does not make services come and go") {
  Linked l;
  const std::size_t news = l.b.port.told.size();
  l.a.mesh.link_down(1, kLost, at(100));
  l.b.mesh.link_down(1, kLost, at(100));
  l.pair.up(2, at(300));
  CHECK(l.b.port.attached.at(l.a.id) == 2);  // at once: the rows are of the same run
  l.pair.carry(at(300));
  l.pair.tick(at(2000));
  CHECK(l.b.port.told.size() == news);
  CHECK(l.b.port.rows.at(l.a.id).services.size() == 1);
}

TEST_CASE("a peer that said nothing for 3.5 s is cut, and forgotten within 5 s") {
  Linked l;
  for (int ms = 100; ms <= 3400; ms += 100) {
    l.b.mesh.tick(at(ms));
  }
  CHECK(l.b.port.closed.empty());
  l.b.mesh.tick(at(3500));
  CHECK(l.b.port.closed.at(1) == core::Errc::kLinkLost);
  CHECK_FALSE(l.b.port.attached.contains(l.a.id));
  l.b.mesh.tick(at(4500));
  CHECK_FALSE(l.b.port.rows.contains(l.a.id));
}

TEST_CASE("heartbeats keep an idle link up") {
  Linked l;
  for (int ms = 100; ms < 30000; ms += 100) {
    l.pair.tick(at(ms));
  }
  CHECK(l.a.mesh.peers().at(0).state == PeerState::kUp);
  CHECK(l.a.mesh.stats().silent_links == 0);
}

TEST_CASE("a node that stood still blames nobody else") {
  Linked l;
  l.pair.tick(at(1000));
  l.b.mesh.tick(at(11000));  // ten seconds late
  CHECK(l.b.port.closed.empty());
  CHECK(l.state_of_a() == PeerState::kUp);
}

TEST_CASE("between two ticks no more is due than expiry() says") {
  Linked l;
  core::TimePoint now = at(0);
  int ticks = 0;
  while (now < at(60000)) {
    const core::TimePoint next = std::min(l.a.mesh.expiry(), l.b.mesh.expiry());
    REQUIRE(next > now - std::chrono::milliseconds(1));
    now = std::max(next, now);
    l.pair.tick(now);
    ++ticks;
  }
  CHECK(ticks < 60 * 8);
}

TEST_CASE("draining is told to those linked and to those that link later") {
  Linked l;
  l.a.mesh.drain(at(10));
  l.pair.carry(at(10));
  CHECK(l.state_of_a() == PeerState::kDraining);
  CHECK(l.b.port.rows.at(l.a.id).draining);
  CHECK(l.b.port.rows.at(l.a.id).services.size() == 1);  // still there: what is under way goes on
  CHECK(l.b.port.attached.contains(l.a.id));
  CHECK(l.b.port.told.back() == std::pair(PeerNews::kUpdated, l.a.id));

  End c(3, 1, {"main"});
  Pair late{l.a, c};
  late.up(7, at(20));
  late.tick(at(20));
  CHECK(c.mesh.peers().at(0).state == PeerState::kDraining);
  CHECK(c.port.rows.at(l.a.id).draining);
}

TEST_CASE("draining that is heard before the first rows holds for them") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  b.mesh.link_up(1, a.info(), at(0));
  b.mesh.control(1, 0x24, wire::empty_body(), at(1));
  CHECK(b.port.rows.empty());
  a.offer({service("main", "math")}, at(2));
  a.mesh.link_up(1, b.info(), at(2));
  Pair{a, b}.carry(at(2));
  CHECK(b.port.rows.at(a.id).draining);
  CHECK(b.mesh.peers().at(0).state == PeerState::kDraining);
}

TEST_CASE(
    "a run that drains goes on to do so, whatever its rows and links do; the next one is up") {
  Linked l;
  l.a.mesh.drain(at(10));
  l.pair.carry(at(10));
  l.a.offer({service("main", "math"), service("main", "more")}, at(20));
  l.pair.carry(at(20));
  CHECK(l.b.port.rows.at(l.a.id).services.size() == 2);
  CHECK(l.b.port.rows.at(l.a.id).draining);
  l.b.mesh.link_down(1, kLost, at(30));
  l.b.mesh.link_up(2, l.a.info(), at(40));
  CHECK(l.state_of_a() == PeerState::kDraining);

  End next(1, 2, {"main"});
  next.offer({service("main", "math")}, at(50));
  Pair again{next, l.b};
  again.up(3, at(50));
  again.carry(at(50));
  CHECK(l.state_of_a() == PeerState::kUp);
  CHECK_FALSE(l.b.port.rows.at(l.a.id).draining);
}

TEST_CASE("a link that is full when draining begins carries it as soon as it can") {
  Linked l;
  l.a.port.room = 0;
  l.a.mesh.drain(at(10));
  CHECK(l.a.mesh.expiry() <= at(60));
  l.a.port.room = SIZE_MAX;
  l.pair.tick(at(60));
  CHECK(l.state_of_a() == PeerState::kDraining);
}

TEST_CASE("a draining node dials nobody") {
  End a(1, 1, {"main"});
  a.mesh.drain(at(0));
  a.mesh.seen({{"10.0.0.9:1"}, {}, HintSource::kStatic, {}, false}, at(1));
  a.mesh.tick(at(2));
  CHECK(a.port.dials.empty());
}

TEST_CASE("after a goodbye rows go at once, without grace") {
  Linked l;
  l.a.mesh.leave(at(100));
  CHECK_FALSE(l.a.mesh.left());
  l.pair.carry(at(100));
  CHECK_FALSE(l.b.port.rows.contains(l.a.id));
  CHECK_FALSE(l.b.port.attached.contains(l.a.id));
  CHECK(l.b.port.told.back() == std::pair(PeerNews::kDisconnected, l.a.id));
  REQUIRE(l.b.port.closed.contains(1));  // which tells a that it may go

  l.a.mesh.link_down(1, kLost, at(101));
  CHECK(l.a.mesh.left());
}

TEST_CASE("a node that left and comes back is dialled as soon as it is seen") {
  Linked l;
  l.a.mesh.leave(at(100));
  l.pair.carry(at(100));
  l.b.mesh.seen({{"10.0.0.1:8889"}, l.a.id, HintSource::kMulticast, std::chrono::seconds(15), true},
                at(2000));
  for (int ms = 2000; ms < 2600; ms += 10) {
    l.b.mesh.tick(at(ms));
  }
  CHECK(l.b.port.dials.size() == 1);
}

TEST_CASE("a node leaves in time though a peer does not answer") {
  Linked l;
  l.a.mesh.leave(at(100));
  REQUIRE(l.a.mesh.expiry() <= at(600));
  l.a.mesh.tick(at(600));
  CHECK(l.a.mesh.left());
  CHECK(l.a.port.closed.contains(1));
}

TEST_CASE("a leaving node takes no link") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  a.mesh.leave(at(0));
  CHECK(a.mesh.left());
  a.mesh.link_up(1, b.info(), at(1));
  CHECK(a.port.closed.at(1) == core::Errc::kDraining);
}

TEST_CASE("a goodbye that a full link does not take closes it, which says the same") {
  Linked l;
  l.a.port.room = 0;
  l.a.mesh.leave(at(100));
  CHECK(l.a.port.closed.contains(1));
  CHECK(l.a.mesh.left());
}

TEST_CASE("a peer that leaves before it said anything leaves nothing behind") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  b.mesh.link_up(1, a.info(), at(0));
  b.mesh.link_down(1, kLost, at(1));
  CHECK(b.mesh.peers().empty());
  CHECK(b.port.told.empty());
}

TEST_CASE("frames and ends of links that are long gone are ignored") {
  Linked l;
  l.b.mesh.link_down(1, kLost, at(10));
  l.b.mesh.link_down(1, kLost, at(11));
  l.b.mesh.control(1, 0x25, wire::empty_body(), at(12));
  l.b.mesh.writable(1, at(13));
  CHECK(l.b.port.rows.contains(l.a.id));
}

TEST_CASE("an earlier epoch is taken again once its later run is gone") {
  Linked l;
  l.b.mesh.link_down(1, kLost, at(10));
  End older(1, 0, {"main"});  // a state directory brought back from a backup
  PeerInfo info = older.info();
  info.epoch = 1;
  End newer(1, 5, {"main"});
  l.b.mesh.link_up(2, newer.info(), at(20));
  l.b.mesh.link_down(2, kLost, at(30));
  l.b.mesh.link_up(3, info, at(40));
  CHECK(l.b.port.attached.at(l.a.id) == 3);
}
