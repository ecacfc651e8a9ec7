#include <catch2/catch_test_macros.hpp>

#include "twins.h"

namespace {

using namespace std::chrono_literals;
using runar::testing::Body;
using runar::testing::Host;

struct Events {
  Host host;
  Events() {
    host.load(readme::plugin("event_publishing"));
    host.load(readme::plugin("event_subscribing"));
    host.run("math");
  }
  // How many subscriptions the event reached.
  int announce(const char* json) { return host.call("math/announce", Body::json(json)).as<int>(); }
  std::string heard() { return host.call("listener/heard").body.show(); }
};

}  // namespace

TEST_CASE("events: a subscriber receives what is published") {
  Events events;
  events.host.run("listener");
  CHECK(events.announce(R"({"value":42})") == 1);
  CHECK(events.heard() == R"([{"value":42.0,"remote":false,"retained":false}])");
  CHECK(events.host.logs().back().text == "received math result: 42");
  CHECK(events.host.finish().empty());
}

TEST_CASE("events: the options of a publication reach the host as they were written") {
  Events events;
  events.announce(R"({"value":1})");
  events.announce(R"({"value":2,"broadcast":false,"target":"node-b"})");
  const auto published = events.host.published();
  REQUIRE(published.size() == 2);
  CHECK(published[0].topic == "main:math/result");
  CHECK(published[0].flags == 0);
  CHECK(published[0].target.empty());
  CHECK(std::chrono::nanoseconds(published[0].retain_ns) == 60s);
  CHECK(published[1].flags == RUNAR_PUB_LOCAL);
  CHECK(published[1].target == "node-b");
  CHECK(events.host.finish().empty());
}

TEST_CASE("events: who comes later hears what was retained, but not for ever") {
  Events events;
  CHECK(events.announce(R"({"value":1})") == 0);
  events.host.advance(40s);
  CHECK(events.announce(R"({"value":2})") == 0);
  events.host.advance(40s);
  events.host.run("listener");
  events.host.run();
  CHECK(events.heard() == R"([{"value":2.0,"remote":false,"retained":true}])");
  CHECK(events.host.finish().empty());
}

TEST_CASE("events: a refused publication is an error of the publisher's action") {
  Events events;
  events.host.refuse("publish", RUNAR_E_BUSY);
  const auto reply = events.host.call("math/announce", Body::json(R"({"value":1})"));
  CHECK(reply.status == RUNAR_E_BUSY);
  CHECK(reply.message == "math/result: busy");
  CHECK(events.host.finish().empty());
}

TEST_CASE("events: one that is of another type harms no subscriber") {
  Events events;
  events.host.run("listener");
  events.host.publish("math/result", std::string("forty-two"));
  events.host.publish("math/result", 43.0);
  CHECK(events.heard() == R"([{"value":43.0,"remote":false,"retained":false}])");
  CHECK(events.host.logs().at(0).text ==
        "an event's handler failed: expected a number, found a text");
  CHECK(events.host.finish().empty());
}
