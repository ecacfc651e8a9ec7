// Limits of memory and number, reached: what waits, what is refused, and that everything ends.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/allocated.h"
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

namespace {

bool all_done(const std::vector<Waiter>& waiters) {
  return std::all_of(waiters.begin(), waiters.end(), [](const Waiter& w) { return w.done(); });
}

}  // namespace

TEST_CASE("calls beyond the peer's streams wait in order, beyond that they are refused") {
  const bool dialler = GENERATE(true, false);
  SimNetwork network(1);
  testing::SimSettings settings{.name = "a"};
  settings.limits.request_streams = 8;
  settings.limits.waiting_calls = 4;
  SimNode a(network, settings);
  SimNode b(network, settings);
  REQUIRE((dialler ? link_up(network, a, b) : link_up(network, b, a)));
  std::vector<Waiter> waiters(13);
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("hold", ""), waiter.responder());
  }
  network.run_for(1s);
  CHECK(b.handler.asked.size() == 8);
  CHECK(waiters[12].reply().code == Errc::kBackpressure);
  CHECK(waiters[12].reply().executed == Executed::kNo);

  for (std::size_t i = 0; i < 12; ++i) {
    REQUIRE(network.run_until([&] { return b.handler.asked.size() > i; }));
    b.handler.asked[i].responder(rpc::Reply::success({}));
  }
  REQUIRE(network.run_until([&] { return waiters[11].done(); }));
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(waiters[i].reply().ok());
  }
}

TEST_CASE("bytes beyond what a link may queue are refused, and room comes back") {
  SimNetwork network(2);
  testing::SimSettings settings{.name = "a"};
  settings.limits.send_bytes = 100'000;
  SimNode a(network, settings);
  SimNode b(network, settings);
  REQUIRE(link_up(network, a, b));
  const std::string payload(40'000, 'p');
  std::vector<Waiter> waiters(4);
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("echo", payload), waiter.responder());
  }
  CHECK(waiters[2].reply().code == Errc::kBackpressure);
  CHECK(waiters[3].reply().code == Errc::kBackpressure);
  REQUIRE(network.run_until([&] { return waiters[0].done() && waiters[1].done(); }));
  CHECK((waiters[1].reply().payload == payload));
  network.run_for(100ms);
  Waiter again;
  a.remote().call(sim_request("echo", payload), again.responder());
  REQUIRE(network.run_until([&] { return again.done(); }));
  CHECK(again.reply().ok());
}

TEST_CASE("large requests and replies both ways at once all finish, within the receive memory") {
  SimNetwork network(3);
  network.weather = {2ms, 3ms, 1, 0, 65535};
  testing::SimSettings settings{.name = "a"};
  settings.limits.payload = 200'000;
  settings.limits.shared_memory = 1'200'000;  // one at a time comes in
  SimNode a(network, settings);
  SimNode b(network, settings);
  SimNode c(network, settings);
  REQUIRE(link_up(network, a, c));
  REQUIRE(link_up(network, b, c));
  const std::string payload(200'000, 'p');
  for (int round = 0; round < 10; ++round) {
    std::vector<Waiter> waiters(6);
    for (std::size_t i = 0; i < waiters.size(); ++i) {
      SimNode& from = i % 3 == 0 ? a : i % 3 == 1 ? b : c;
      transport::RemoteNode& to =
          i % 3 == 2 ? *c.events.ups[i % 2].remote : *from.events.ups[0].remote;
      to.call(sim_request("echo", payload), waiters[i].responder());
    }
    REQUIRE(network.run_until([&] { return all_done(waiters); }, 20s));
    network.run_for(100ms);  // what is not acknowledged counts
    for (const Waiter& waiter : waiters) {
      CHECK(waiter.reply().ok());
      CHECK(waiter.reply().payload.size() == payload.size());
    }
  }
}

TEST_CASE("replies never wait for the memory of the requests that they answer") {
  SimNetwork network(9);
  testing::SimSettings settings{.name = "a"};
  settings.limits.payload = 1'000'000;
  settings.limits.shared_memory = 4'000'000;
  SimNode a(network, settings);
  std::vector<std::unique_ptr<SimNode>> peers;
  const std::string payload(1'000'000, 'p');
  std::vector<Waiter> waiters(4);
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    peers.push_back(std::make_unique<SimNode>(network));
    REQUIRE(link_up(network, a, *peers.back()));
    REQUIRE(network.run_until([&] { return a.events.ups.size() == i + 1; }));
  }
  std::size_t refused = 0;
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    rpc::Request request = sim_request("echo", payload);
    request.deadline = network.clock.now() + 10s;
    a.events.ups[i].remote->call(request, waiters[i].responder());
    refused += waiters[i].done() && waiters[i].reply().code == Errc::kBackpressure ? 1 : 0;
  }
  CHECK(refused < waiters.size());
  REQUIRE(network.run_until([&] { return all_done(waiters); }, 5s));
  CHECK(std::count_if(waiters.begin(), waiters.end(), [](const Waiter& w) {
          return w.reply().ok();
        }) == static_cast<std::ptrdiff_t>(waiters.size() - refused));
}

TEST_CASE("while too much is in progress, further requests wait and none is lost") {
  SimNetwork network(4);
  testing::SimSettings settings{.name = "a"};
  settings.limits.reply_pause = 50'000;
  settings.limits.send_bytes = 10'000'000;
  SimNode a(network, settings);
  SimNode b(network, settings);
  REQUIRE(link_up(network, a, b));
  std::vector<Waiter> waiters(20);
  const std::string payload(30'000, 'p');
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("hold", payload), waiter.responder());
  }
  network.run_for(1s);
  CHECK(b.handler.asked.size() == 2);
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    REQUIRE(network.run_until([&] { return b.handler.asked.size() > i; }));
    b.handler.asked[i].responder(
        rpc::Reply::success(rpc::Payload::borrow(core::as_bytes(payload), rpc::Encoding::kRaw)));
  }
  REQUIRE(network.run_until([&] { return waiters.back().done(); }));
  for (const Waiter& waiter : waiters) {
    CHECK(waiter.reply().ok());
  }
}

TEST_CASE("a reply that makes room lets the next request in at once, not with the next packet") {
  SimNetwork network(10);
  testing::SimSettings settings{.name = "a"};
  settings.limits.reply_pause = 20'000;
  SimNode a(network, settings);
  SimNode b(network, settings);
  REQUIRE(link_up(network, a, b));
  const std::string payload(30'000, 'p');
  std::vector<Waiter> waiters(2);
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("hold", payload), waiter.responder());
  }
  network.run_for(1s);
  REQUIRE(b.handler.asked.size() == 1);
  b.handler.asked[0].responder(rpc::Reply::success({}));
  b.work();
  REQUIRE(b.handler.asked.size() == 2);
  b.handler.asked[1].responder(rpc::Reply::success({}));
  REQUIRE(network.run_until([&] { return all_done(waiters); }));
}

TEST_CASE("requests whose replies find their link gone leave nothing in their places") {
  std::vector<Waiter> waiters(4);
  SimNetwork network(11);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  const std::string payload(1'000'000, 'p');
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("hold", payload), waiter.responder());
  }
  REQUIRE(network.run_until([&] { return b.handler.asked.size() == 4; }));
  for (const testing::Asked& asked : b.handler.asked) {
    asked.responder(rpc::Reply::success({}));
  }
  const std::size_t before = testing::allocated_bytes();
  b.hub->stop(b, network.clock.now());
  CHECK(b.hub->exchange()->theirs().open_count() == 0);
  CHECK(testing::allocated_bytes() + 4'000'000 <= before);
}

TEST_CASE("replies beyond what a link may hold are refused by type, and the work counts as done") {
  SimNetwork network(5);
  testing::SimSettings settings{.name = "a"};
  settings.limits.reply_bytes = 100'000;
  SimNode a(network, settings);
  SimNode b(network, settings);
  REQUIRE(link_up(network, a, b));
  std::vector<Waiter> waiters(4);
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("hold", ""), waiter.responder());
  }
  REQUIRE(network.run_until([&] { return b.handler.asked.size() == 4; }));
  const std::string payload(60'000, 'p');
  for (const testing::Asked& asked : b.handler.asked) {
    asked.responder(
        rpc::Reply::success(rpc::Payload::borrow(core::as_bytes(payload), rpc::Encoding::kRaw)));
  }
  REQUIRE(network.run_until([&] { return waiters[0].done() && waiters[3].done(); }));
  CHECK(waiters[0].reply().ok());
  CHECK(waiters[3].reply().code == Errc::kOverloaded);
  CHECK(waiters[3].reply().executed == Executed::kYes);
}

TEST_CASE("a full table of requests refuses at once") {
  std::vector<Waiter> waiters(4);  // these outlive the nodes, which answer them at last
  std::vector<Waiter> back(5);
  SimNetwork network(6);
  testing::SimSettings settings{.name = "a"};
  settings.limits.calls = 3;
  SimNode a(network, settings);
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("hold", ""), waiter.responder());
  }
  CHECK(waiters[3].reply().code == Errc::kOverloaded);
  CHECK(waiters[3].reply().executed == Executed::kNo);

  // And the other way: the peer's streams find no slot, and are refused unexecuted.
  for (Waiter& waiter : back) {
    b.remote().call(sim_request("hold", ""), waiter.responder());
  }
  REQUIRE(network.run_until([&] { return back[4].done(); }));
  CHECK(back[4].reply().executed == Executed::kNo);
}

TEST_CASE("control frames beyond their bound are refused until the peer took some") {
  SimNetwork network(7);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  const transport::LinkId id = a.events.ups[0].link;
  const std::string body(wire::kMaxControlFrame, 'b');
  std::size_t sent = 0;
  while (a.hub->send_control(id, 0x20, core::as_bytes(body))) {
    ++sent;
  }
  CHECK(sent * body.size() <= transport::Limits{}.control_bytes);
  CHECK(a.hub->send_control(id, 0x20, core::as_bytes(body)).error().code == Errc::kBackpressure);
  a.woken = true;
  REQUIRE(network.run_until([&] { return b.events.controls.size() == sent; }));
  network.run_for(100ms);
  CHECK(a.hub->send_control(id, 0x20, core::as_bytes(body)).has_value());
}

TEST_CASE("ten thousand calls make one handshake") {
  SimNetwork network(8);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  std::size_t done = 0;
  for (int batch = 0; batch < 100; ++batch) {
    std::vector<Waiter> waiters(100);
    for (Waiter& waiter : waiters) {
      a.remote().call(sim_request("echo", "x"), waiter.responder());
    }
    REQUIRE(network.run_until([&] {
      return std::all_of(waiters.begin(), waiters.end(), [](const Waiter& w) { return w.done(); });
    }));
    done += waiters.size();
  }
  CHECK(done == 10'000);
  CHECK(b.handler.calls == 10'000);
  CHECK(a.hub->stats().handshakes == 1);
  CHECK(b.hub->stats().handshakes == 1);
  network.run_for(1s);
  CHECK(a.hub->exchange()->ours().open_count() == 0);
  CHECK(b.hub->exchange()->theirs().open_count() == 0);
}
