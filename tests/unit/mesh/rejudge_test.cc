// What a peer told is handed over again when its rights may be others.
#include <catch2/catch_test_macros.hpp>

#include "pair.h"

using namespace runard;
using namespace runard::mesh;

namespace {

const core::Error kLost = core::fail(core::Errc::kLinkLost, "");

// b hears of a's service; what b's port was handed is gone, as if nothing of it was allowed.
struct Scene {
  End a{1, 1, {"main"}};
  End b{2, 1, {"main"}};
  Pair pair{a, b};
  Scene() {
    a.offer({service("main", "math")}, at(0));
    pair.up(1, at(0));
    pair.carry(at(0));
    REQUIRE(shown());
    b.port.rows.clear();
  }
  bool shown() const {
    const auto rows = b.port.rows.find(a.id);
    return rows != b.port.rows.end() && rows->second.services.size() == 1;
  }
  void lose(LinkId link, core::TimePoint now) {
    a.mesh.link_down(link, kLost, now);
    b.mesh.link_down(link, kLost, now);
  }
};

}  // namespace

TEST_CASE("the rows of a peer that comes back are judged again, though nothing of them changed") {
  Scene scene;
  scene.lose(1, at(100));
  CHECK_FALSE(scene.shown());
  scene.pair.up(2, at(200));
  CHECK(scene.shown());
  scene.pair.carry(at(200));
  CHECK(scene.shown());
  CHECK(scene.b.port.told.size() == 1);  // nobody saw it blink
}

TEST_CASE("the rows of a peer are judged again by the certificate of its next link") {
  Scene scene;
  scene.pair.up(2, at(100));
  CHECK(scene.shown());
  scene.pair.carry(at(100));
  scene.lose(1, at(200));
  CHECK(scene.shown());
}

TEST_CASE("rights that change while a peer is lost are asked when it is back") {
  Scene scene;
  scene.lose(1, at(100));
  scene.b.mesh.rights_changed(at(200));
  CHECK_FALSE(scene.b.port.rows.contains(scene.a.id));  // it has no rights without a link
  scene.pair.up(2, at(300));
  scene.pair.carry(at(300));
  CHECK(scene.shown());
}

TEST_CASE("a new run of a peer begins without the rows of the last one") {
  Scene scene;
  scene.lose(1, at(100));
  End again(1, 2, {"main"});
  scene.b.mesh.link_up(2, again.info(), at(200));
  CHECK_FALSE(scene.shown());
}
