// Endpoints on loopback: real sockets, real time.
#include "transport/endpoint.h"

#include <catch2/catch_test_macros.hpp>

#include "support/endpoint_node.h"

using namespace runard;
using testing::EndpointNode;
using testing::request_for;
using testing::run_until;
using testing::Waiter;

TEST_CASE("two endpoints link, and a request goes each way") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a"});
  EndpointNode b(io, ca, {.name = "b"});
  REQUIRE(a.endpoint);
  REQUIRE(b.endpoint);

  const transport::DialId dial = a.dial(b);
  REQUIRE(run_until(io, [&] { return !a.events.ups.empty() && !b.events.ups.empty(); }));

  REQUIRE(a.events.dials.size() == 1);
  CHECK(a.events.dials[0].first == dial);
  REQUIRE(a.events.dials[0].second.has_value());
  CHECK(*a.events.dials[0].second == a.events.ups[0].link);
  CHECK(a.events.ups[0].peer.node == b.identity.id);
  CHECK(a.events.ups[0].peer.name == "b");
  CHECK(a.events.ups[0].peer.dialled);
  CHECK(b.events.ups[0].peer.node == a.identity.id);
  CHECK_FALSE(b.events.ups[0].peer.dialled);

  Waiter from_a;
  Waiter from_b;
  a.events.ups[0].remote->call(request_for("echo", "hello b"), from_a.responder());
  b.events.ups[0].remote->call(request_for("echo", "hello a"), from_b.responder());
  REQUIRE(run_until(io, [&] { return from_a.done() && from_b.done(); }));
  CHECK(from_a.reply().ok());
  CHECK(from_a.reply().payload == "hello b");
  CHECK(from_a.reply().served_by == b.identity.id);
  CHECK(from_b.reply().payload == "hello a");
}
