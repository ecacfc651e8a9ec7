// The way between two nodes: bad weather of each kind, addresses that change, keys that are
// renewed.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "support/sim_network.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::link_up;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

namespace {

bool echo_works(SimNetwork& network, SimNode& from, std::string_view payload,
                core::Duration limit = 10s) {
  Waiter waiter;
  from.remote().call(sim_request("echo", payload), waiter.responder());
  return network.run_until([&] { return waiter.done(); }, limit) && waiter.reply().ok() &&
         waiter.reply().payload == payload;
}

// Requests both ways, of all sizes; each is answered once, with what was sent.
void check_traffic(SimNetwork& network, SimNode& a, SimNode& b) {
  std::vector<Waiter> waiters(80);
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    payloads.emplace_back(i * i * 10, static_cast<char>('a' + i % 26));
    (i % 2 == 0 ? a : b).remote().call(sim_request("echo", payloads[i]), waiters[i].responder());
  }
  REQUIRE(network.run_until([&] {
    return std::all_of(waiters.begin(), waiters.end(), [](const Waiter& w) { return w.done(); });
  }));
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    CHECK(waiters[i].count() == 1);
    CHECK((waiters[i].reply().payload == payloads[i]));
  }
  CHECK(a.handler.calls + b.handler.calls == waiters.size());
  CHECK(a.hub->stats().handshakes == 1);
}

}  // namespace

TEST_CASE("no kind of weather loses, doubles or changes a request") {
  const auto [name, weather] = GENERATE(table<const char*, testing::Weather>({
      {"reordered", {5ms, 50ms, 0, 0, 65535, 0}},
      {"doubled", {5ms, 0ms, 0, 70, 65535, 0}},
      {"lost", {5ms, 0ms, 25, 0, 65535, 0}},
      {"damaged", {5ms, 0ms, 0, 0, 65535, 25}},
      {"all at once", {5ms, 30ms, 8, 8, 65535, 8}},
      {"nothing longer than the least that QUIC wants", {5ms, 0ms, 0, 0, 1200, 0}},
      {"common Ethernet with a tunnel", {5ms, 0ms, 0, 0, 1400, 0}},
  }));
  INFO(name);
  SimNetwork network(static_cast<std::uint64_t>(GENERATE(range(1, 6))));
  network.weather = weather;
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  check_traffic(network, a, b);
}

TEST_CASE("a dialler whose address changes keeps its link, its identity and its calls") {
  SimNetwork network(1);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  Waiter held;
  a.remote().call(sim_request("hold", ""), held.responder());
  REQUIRE(network.run_until([&] { return b.handler.asked.size() == 1; }));

  network.rebind(a);
  REQUIRE(echo_works(network, a, "from elsewhere"));
  b.handler.asked[0].responder(rpc::Reply::success({}));
  REQUIRE(network.run_until([&] { return held.done(); }));
  CHECK(held.reply().ok());
  REQUIRE(echo_works(network, b, "and back"));
  network.run_for(1min);
  CHECK(a.has_link());
  CHECK(b.has_link());
  CHECK(b.events.ups.size() == 1);
  CHECK(b.events.ups[0].peer.node == a.identity.id);
  CHECK(b.hub->stats().handshakes == 1);
}

TEST_CASE("a dialler whose address changes again and again in bad weather keeps its link") {
  SimNetwork network(2);
  network.weather = {5ms, 10ms, 5, 5, 65535, 0};
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  for (int i = 0; i < 10; ++i) {
    network.rebind(a);
    REQUIRE(echo_works(network, a, std::string(20'000, 'x')));
    REQUIRE(echo_works(network, b, std::string(20'000, 'y')));
    network.run_for(500ms);
  }
  CHECK(b.hub->stats().handshakes == 1);
}

TEST_CASE("an acceptor whose address changes is lost within the idle timeout, and dialled anew") {
  SimNetwork network(3);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  network.rebind(b);
  const core::TimePoint begin = network.clock.now();
  REQUIRE(network.run_until([&] { return !a.has_link(); }, 10s));
  CHECK(network.clock.now() - begin <= 5s);
  a.dial({network.seen_address(b)});
  REQUIRE(network.run_until([&] { return a.has_link() && b.hub->stats().links == 1; }));
  CHECK(echo_works(network, a, "again"));
}

TEST_CASE("a packet copied by somebody at another address does not take the link there") {
  SimNetwork network(4);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  network.run_for(100ms);
  const transport::Address thief = *transport::Address::parse("10.9.9.9:1");
  std::uint64_t to_thief = 0;
  network.on_datagram = [&](const transport::Address& from, const transport::Address& to,
                            core::ByteView bytes) {
    if (from == a.address()) {
      b.receive({bytes, thief, {}, 0});  // faster than the real one
      b.woken = true;
    }
    to_thief += to == thief ? bytes.size() : 0;
    return true;
  };
  for (int i = 0; i < 20; ++i) {
    REQUIRE(echo_works(network, a, "x"));
  }
  network.on_datagram = nullptr;
  network.run_for(10s);
  CHECK(echo_works(network, a, "y", 1s));
  CHECK(echo_works(network, b, "z", 1s));
  CHECK(b.hub->stats().handshakes == 1);
  CHECK(to_thief < 200'000);
}

TEST_CASE("keys are renewed again and again under traffic, and nothing is lost") {
  SimNetwork network(static_cast<std::uint64_t>(GENERATE(range(1, 6))));
  network.weather = {2ms, 5ms, 5, 5, 65535, 0};
  testing::SimSettings settings{.name = "a"};
  settings.limits.key_renewal = 1ms;
  SimNode a(network, settings);
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  const transport::LinkId link = a.events.ups[0].link;
  std::uint64_t calls = 0;
  while (a.hub->info(link)->key_renewals < 20) {
    for (SimNode* node : {&a, &b}) {
      REQUIRE(echo_works(network, *node, std::string(5000, 'k')));
      ++calls;
    }
    REQUIRE(calls < 10'000);
  }
  CHECK(a.handler.calls + b.handler.calls == calls);
  CHECK(a.hub->stats().handshakes == 1);
  CHECK(a.events.downs.empty());
  CHECK(b.events.downs.empty());
}

TEST_CASE("keys are renewed under a load of large payloads both ways") {
  SimNetwork network(7);
  testing::SimSettings settings{.name = "a"};
  settings.limits.key_renewal = 1ms;
  SimNode a(network, settings);
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  check_traffic(network, a, b);
  const std::string large(3'000'000, 'l');
  for (int i = 0; i < 5; ++i) {
    REQUIRE(echo_works(network, a, large));
  }
  CHECK(a.hub->info(a.events.ups[0].link)->key_renewals >= 3);
}

TEST_CASE("the keys of an idle link are renewed by the hour") {
  SimNetwork network(8);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  network.run_for(3h + 1min);
  CHECK(a.hub->info(a.events.ups[0].link)->key_renewals == 3);
  CHECK(echo_works(network, b, "still here"));
  CHECK(a.hub->stats().handshakes == 1);
}

TEST_CASE("an acceptor that speaks no version of ours ends the dial by its name") {
  SimNetwork network(9);
  SimNode a(network, {.name = "a"});
  const transport::Address old = *transport::Address::parse("10.9.9.9:1");
  network.on_datagram = [&](const transport::Address& from, const transport::Address& to,
                            core::ByteView bytes) {
    if (to != old) {
      return true;
    }
    ngtcp2_version_cid ids;
    REQUIRE(ngtcp2_pkt_decode_version_cid(&ids, bytes.data(), bytes.size(), 16) == 0);
    const std::uint32_t versions[] = {0x6a6a6a6a, 0xff00001d};
    Bytes answer(200);
    const ngtcp2_ssize size = ngtcp2_pkt_write_version_negotiation(
        answer.data(), answer.size(), 0, ids.scid, ids.scidlen, ids.dcid, ids.dcidlen, versions, 2);
    REQUIRE(size > 0);
    network.carry(old, from, core::ByteView(answer).first(static_cast<std::size_t>(size)), 0);
    return false;
  };
  a.dial({old});
  REQUIRE(network.run_until([&] { return !a.events.dials.empty(); }, 1s));
  CHECK(a.events.dials[0].second.error().code == Errc::kVersionMismatch);
  CHECK(std::any_of(a.logged.begin(), a.logged.end(), [](const std::string& line) {
    return line.find("VERSION_MISMATCH") != std::string::npos;
  }));
}

TEST_CASE("a path that takes less from some moment on ends the link in time, the next one fits") {
  SimNetwork network(10);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  const std::string large(1'000'000, 'l');
  REQUIRE(echo_works(network, a, large));  // the longest datagrams were found to pass
  network.weather.largest = 1280;
  Waiter waiter;
  a.remote().call(sim_request("echo", large), waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }, 8s));
  CHECK(waiter.reply().code == Errc::kProviderLost);
  REQUIRE(link_up(network, a, b));
  CHECK(echo_works(network, a, large));
}
