// Links over the simulated network: what a link is, and how it begins and ends.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "support/sim_network.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using core::Executed;
using testing::link_up;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

TEST_CASE("a link comes up in bad weather, whatever the seed") {
  SimNetwork network(static_cast<std::uint64_t>(GENERATE(range(1, 21))));
  network.weather = {10ms, 30ms, 15, 10, 65535};
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));

  std::vector<Waiter> waiters(50);
  const std::string payload(3000, 'x');
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("echo", payload), waiter.responder());
  }
  REQUIRE(network.run_until([&] {
    return std::all_of(waiters.begin(), waiters.end(), [](const Waiter& w) { return w.done(); });
  }));
  for (const Waiter& waiter : waiters) {
    CHECK(waiter.count() == 1);
    CHECK(waiter.reply().payload == payload);
  }
  CHECK(b.handler.calls == waiters.size());
}

TEST_CASE("a request carries all its fields, and its caller is who the certificate says") {
  SimNetwork network(1);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  b.handler.answer = [](const testing::Asked& asked) {
    rpc::Reply reply;
    reply.code = Errc::kApplication;
    reply.app_code = 42;
    reply.message = "no such user";
    reply.payload = rpc::Payload::borrow(core::as_bytes("{}"), rpc::Encoding::kJson);
    asked.responder(reply);
  };
  const rpc::Pair meta[] = {{"tenant", "t1"}};
  rpc::Request request = sim_request("users/42/profile", "payload");
  request.meta = meta;
  request.trace = 77;
  request.flags = rpc::kIdempotent;
  request.deadline = network.clock.now() + 5s;
  request.caller = {b.identity.id, "gateway", {}, {}};  // the node in it is not believed
  Waiter waiter;

  a.remote().call(request, waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));

  REQUIRE(b.handler.asked.size() == 1);
  const testing::Asked& asked = b.handler.asked[0];
  CHECK(asked.network == "main");
  CHECK(asked.path == "users/42/profile");
  CHECK(asked.payload == "payload");
  CHECK(asked.node == a.identity.id);
  CHECK(asked.service == "gateway");
  CHECK(asked.trace == 77);
  CHECK(asked.flags == (rpc::kInbound | rpc::kIdempotent));
  CHECK(asked.meta.at("tenant") == "t1");
  CHECK(asked.deadline <= network.clock.now() + 5s);
  CHECK(asked.deadline > network.clock.now() + 4s);
  CHECK(waiter.reply().code == Errc::kApplication);
  CHECK(waiter.reply().app_code == 42);
  CHECK(waiter.reply().message == "no such user");
  CHECK(waiter.reply().payload == "{}");
  CHECK(waiter.reply().executed == Executed::kYes);
}

TEST_CASE("payloads up to the limit travel both ways, larger ones are too large") {
  SimNetwork network(2);
  testing::SimSettings settings{.name = "a"};
  settings.limits.payload = 300'000;
  SimNode a(network, settings);
  SimNode b(network, settings);
  REQUIRE(link_up(network, a, b));
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1024}, std::size_t{8191}, std::size_t{8192},
        std::size_t{100'000}, std::size_t{300'000}}) {
    Waiter waiter;
    const std::string payload(size, 'p');
    a.remote().call(sim_request("echo", payload), waiter.responder());
    REQUIRE(network.run_until([&] { return waiter.done(); }));
    CHECK(waiter.reply().ok());
    CHECK((waiter.reply().payload == payload));
  }
  Waiter waiter;
  a.remote().call(sim_request("echo", std::string(300'001, 'p')), waiter.responder());
  REQUIRE(waiter.done());
  CHECK(waiter.reply().code == Errc::kTooLarge);
  CHECK(waiter.reply().executed == Executed::kNo);
}

TEST_CASE("a receiver with a smaller limit refuses by type, and nothing is executed") {
  SimNetwork network(3);
  testing::SimSettings small{.name = "small"};
  small.limits.payload = 10'000;
  SimNode a(network, {.name = "a"});
  SimNode b(network, small);
  REQUIRE(link_up(network, a, b));
  Waiter waiter;
  a.remote().call(sim_request("echo", std::string(2'000'000, 'p')), waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().code == Errc::kTooLarge);
  CHECK(waiter.reply().executed == Executed::kNo);
  CHECK(b.handler.calls == 0);

  // The other way: a reply that this node does not take.
  b.handler.answer = nullptr;
  Waiter back;
  b.events.ups.back().remote->call(sim_request("big", ""), back.responder());
  REQUIRE(network.run_until([&] { return !a.handler.asked.empty(); }));
  const std::string big(1'000'000, 'r');
  a.handler.asked[0].responder(
      rpc::Reply::success(rpc::Payload::borrow(core::as_bytes(big), rpc::Encoding::kRaw)));
  REQUIRE(network.run_until([&] { return back.done(); }));
  CHECK(back.reply().code == Errc::kTooLarge);
  CHECK(back.reply().executed == Executed::kYes);
}

TEST_CASE("a deadline ends a call at the caller, and the callee is told to stop") {
  SimNetwork network(4);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  Waiter waiter;
  rpc::Request request = sim_request("hold", "");
  const core::TimePoint begin = network.clock.now();
  request.deadline = begin + 500ms;
  a.remote().call(request, waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().code == Errc::kDeadlineExceeded);
  CHECK(waiter.reply().executed == Executed::kUnknown);
  CHECK(network.clock.now() - begin < 510ms);
  REQUIRE(network.run_until([&] { return !b.handler.cancelled.empty(); }));

  // Its answer is too late: nobody gets it, nothing breaks.
  b.handler.asked[0].responder(rpc::Reply::success({}));
  network.run_for(1s);
  CHECK(waiter.count() == 1);
  CHECK(a.has_link());
}

TEST_CASE("a request whose time is over is not sent") {
  SimNetwork network(5);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  Waiter waiter;
  rpc::Request request = sim_request("echo", "");
  request.deadline = network.clock.now();
  a.remote().call(request, waiter.responder());
  CHECK(waiter.reply().code == Errc::kDeadlineExceeded);
  CHECK(waiter.reply().executed == Executed::kNo);
}

TEST_CASE("a cancelled call is answered at once and cancelled at the callee") {
  SimNetwork network(6);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  Waiter waiter;
  const rpc::Ticket ticket = a.remote().call(sim_request("hold", ""), waiter.responder());
  REQUIRE(network.run_until([&] { return !b.handler.asked.empty(); }));

  a.remote().cancel(ticket);
  network.run_for(0ms);
  CHECK(waiter.reply().code == Errc::kCancelled);
  REQUIRE(network.run_until([&] { return !b.handler.cancelled.empty(); }));
  CHECK(b.handler.cancelled[0] == 1);

  a.remote().cancel(ticket);  // stale
  a.remote().cancel(12345);
  network.run_for(1s);
  CHECK(waiter.count() == 1);
  CHECK(b.handler.cancelled.size() == 1);
}

TEST_CASE("calls and their cancel in one go are answered once") {
  SimNetwork network(7);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  std::vector<Waiter> waiters(20);
  for (Waiter& waiter : waiters) {
    a.remote().cancel(a.remote().call(sim_request("echo", "x"), waiter.responder()));
  }
  network.run_for(1s);
  for (const Waiter& waiter : waiters) {
    CHECK(waiter.count() == 1);
    CHECK(waiter.reply().code == Errc::kCancelled);
  }
}

TEST_CASE("a request for a network that is not common is refused before any handler sees it") {
  SimNetwork network(8);
  SimNode a(network, {.name = "a", .networks = {"main", "secret"}});
  SimNode b(network, {.name = "b", .networks = {"main", "other"}});
  REQUIRE(link_up(network, a, b));
  CHECK(a.events.ups[0].peer.networks == std::vector{testing::network_of("main")});
  Waiter waiter;
  rpc::Request request = sim_request("echo", "x");
  request.network = "secret";
  a.remote().call(request, waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().code == Errc::kNoCommonNetwork);
  CHECK(b.handler.calls == 0);

  Waiter unknown;
  request.network = "nonsense";
  a.remote().call(request, unknown.responder());
  CHECK(unknown.reply().code == Errc::kNoCommonNetwork);
}

TEST_CASE("two nodes without a common network close") {
  SimNetwork network(9);
  SimNode a(network, {.name = "a", .networks = {"one"}});
  SimNode b(network, {.name = "b", .networks = {"two"}});
  a.dial(b);
  REQUIRE(network.run_until([&] { return !a.events.dials.empty(); }));
  REQUIRE_FALSE(a.events.dials[0].second.has_value());
  CHECK(a.events.dials[0].second.error().code == Errc::kNoCommonNetwork);
  network.run_for(1s);
  CHECK(a.events.ups.empty());
  CHECK(b.events.ups.empty());
}

TEST_CASE("nodes without a common network are told of at info, and in a flood of them seldom") {
  SimNetwork network(9);
  SimNode a(network, {.name = "a", .networks = {"one"}});
  SimNode b(network, {.name = "b", .networks = {"two"}});
  const auto dial = [&](std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      a.dial(b);
      network.run_for(10s);
    }
  };
  dial(1);
  for (const SimNode* node : {&a, &b}) {
    REQUIRE(node->logged.size() == 1);
    CHECK(node->logged[0].find("info") != std::string::npos);
    CHECK(node->logged[0].find("NO_COMMON_NETWORK") != std::string::npos);
  }
  dial(127);
  CHECK(a.hub->stats().refused.at(Errc::kNoCommonNetwork) == 128);
  CHECK((a.logged.size() == 18 && b.logged.size() == 18));
}

TEST_CASE("a node that dials itself finds out") {
  SimNetwork network(10);
  SimNode a(network, {.name = "a"});
  a.dial(a);
  REQUIRE(network.run_until([&] { return !a.events.dials.empty(); }));
  REQUIRE_FALSE(a.events.dials[0].second.has_value());
  CHECK(a.events.dials[0].second.error().code == Errc::kSelfDial);
  CHECK(a.events.ups.empty());
}

TEST_CASE("a dial that expects another node fails") {
  SimNetwork network(11);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  SimNode c(network, {.name = "c"});
  a.dial({b.address()}, c.identity.id);
  REQUIRE(network.run_until([&] { return !a.events.dials.empty(); }));
  REQUIRE_FALSE(a.events.dials[0].second.has_value());
  CHECK(a.events.dials[0].second.error().code == Errc::kCertificateMismatch);
  network.run_for(1s);
  CHECK(b.events.ups.empty());

  a.dial({b.address()}, b.identity.id);
  REQUIRE(network.run_until([&] { return a.has_link() && b.has_link(); }));
}

TEST_CASE("nobody answering fails the dial in time and leaves nothing behind") {
  SimNetwork network(12);
  SimNode a(network, {.name = "a"});
  a.dial({*transport::Address::parse("10.9.9.9:1")});
  REQUIRE(network.run_until([&] { return !a.events.dials.empty(); }, 6s));
  CHECK(a.events.dials[0].second.error().code == Errc::kNoAnswer);
  network.run_for(10s);
  CHECK(a.hub->expiry() == core::kNever);
}

TEST_CASE("control frames arrive in order with their type, also those beyond one packet") {
  SimNetwork network(13);
  network.weather = {5ms, 20ms, 10, 5, 65535};
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  const transport::LinkId id = a.events.ups[0].link;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::string body(i * 600, static_cast<char>('a' + i % 26));
    REQUIRE(a.hub->send_control(id, wire::kFirstOpaque + i, core::as_bytes(body)).has_value());
  }
  a.woken = true;
  REQUIRE(network.run_until([&] { return b.events.controls.size() == 100; }));
  for (std::uint64_t i = 0; i < 100; ++i) {
    CHECK(b.events.controls[i].type == wire::kFirstOpaque + i);
    CHECK(b.events.controls[i].body.size() == i * 600);
  }
  const std::string big(wire::kMaxControlFrame, 'b');
  CHECK(a.hub->send_control(id, 0x20, core::as_bytes(big)).has_value());
  CHECK(a.hub->send_control(id, 0x20, core::as_bytes(big + "x")).error().code == Errc::kTooLarge);
  CHECK(a.hub->send_control(9999, 0x20, {}).error().code == Errc::kLinkLost);
  a.woken = true;
  REQUIRE(network.run_until([&] { return b.events.controls.size() == 101; }));
}

TEST_CASE("a link that is closed tells both sides, and calls on the way fail as unknown") {
  SimNetwork network(14);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  Waiter waiter;
  a.remote().call(sim_request("hold", ""), waiter.responder());
  REQUIRE(network.run_until([&] { return !b.handler.asked.empty(); }));

  b.hub->close(b.events.ups[0].link, core::fail(Errc::kDraining, "stopping"));
  b.woken = true;
  REQUIRE(
      network.run_until([&] { return !a.events.downs.empty() && !b.events.downs.empty(); }, 1s));
  CHECK(waiter.reply().code == Errc::kProviderLost);
  CHECK(waiter.reply().executed == Executed::kUnknown);
  CHECK(b.handler.cancelled.size() == 1);
  CHECK(b.events.downs[0].second.code == Errc::kDraining);
  CHECK(a.events.downs[0].second.code == Errc::kLinkLost);
  b.handler.asked[0].responder(rpc::Reply::success({}));  // finds no link

  Waiter late;
  a.remote().call(sim_request("echo", ""), late.responder());
  CHECK(late.reply().code == Errc::kLinkLost);
  CHECK(late.reply().executed == Executed::kNo);
  network.run_for(10s);
  CHECK(a.hub->expiry() == core::kNever);
  CHECK(b.hub->expiry() == core::kNever);
}

TEST_CASE("an idle link is kept alive, and silence ends it within the idle timeout") {
  SimNetwork network(15);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  network.run_for(10min);
  CHECK(a.has_link());
  CHECK(b.has_link());
  CHECK(a.hub->stats().handshakes == 1);

  network.weather.loss_percent = 100;
  const core::TimePoint begin = network.clock.now();
  REQUIRE(network.run_until([&] { return !a.has_link() && !b.has_link(); }, 10s));
  CHECK(network.clock.now() - begin <= 5s);
  CHECK(a.events.downs[0].second.code == Errc::kLinkLost);
}

TEST_CASE("a crash is noticed within a round trip of the next packet, in both roles") {
  for (const bool dialler_crashes : {false, true}) {
    SimNetwork network(16);
    SimNode a(network, {.name = "a"});
    SimNode b(network, {.name = "b"});
    REQUIRE(link_up(network, a, b));
    network.run_for(1s);
    SimNode& victim = dialler_crashes ? a : b;
    SimNode& other = dialler_crashes ? b : a;

    victim.crash();
    victim.restart(2);
    Waiter waiter;
    const core::TimePoint begin = network.clock.now();
    other.remote().call(sim_request("echo", std::string(100, 'x')), waiter.responder());
    REQUIRE(network.run_until([&] { return waiter.done(); }));
    CHECK(waiter.reply().code == Errc::kProviderLost);
    CHECK(network.clock.now() - begin < 5ms);
    CHECK(other.hub->stats().resets_received == 1);
    CHECK(other.events.downs.size() == 1);
  }
}

TEST_CASE("a restarted node that dials again replaces its old link at once") {
  SimNetwork network(17);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  a.crash();
  a.restart(2);
  a.dial(b);
  REQUIRE(network.run_until([&] { return b.events.ups.size() == 2; }, 1s));
  CHECK(b.events.ups[1].peer.epoch == 2);
  CHECK(b.hub->stats().links == 1);
  Waiter waiter;
  b.remote().call(sim_request("echo", "again"), waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().payload == "again");
  REQUIRE(network.run_until([&] { return b.events.downs.size() == 1; }, 10s));
}
