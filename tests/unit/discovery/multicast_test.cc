// Real sockets on this machine's own interfaces, each test with a port of its own.
#include "discovery/multicast.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/udp.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "discovery/interfaces.h"

using namespace runard;
using namespace runard::discovery;
using namespace std::chrono_literals;
using boost::asio::ip::udp;

namespace {

core::NodeId node_id(std::uint8_t fill) {
  core::NodeId id;
  id.bytes.fill(fill);
  return id;
}

std::uint16_t free_port(boost::asio::io_context& io) {
  udp::socket socket(io, udp::endpoint(udp::v4(), 0));
  return socket.local_endpoint().port();
}

struct Told final : Sightings {
  void seen(const Sighting& sighting) override { by_node[*sighting.node].push_back(sighting); }
  void gone(const core::NodeId& node) override { left.push_back(node); }
  std::map<core::NodeId, std::vector<Sighting>> by_node;
  std::vector<core::NodeId> left;
};

struct Group {
  boost::asio::io_context io;
  core::SystemClock clock;
  core::SystemRandom random;
  std::uint16_t port = free_port(io);

  struct Member {
    Told told;
    Multicast multicast;
    explicit Member(Group& g)
        : multicast(g.io.get_executor(), g.clock, g.random, told, core::Log()) {}
  };
  core::Result<void> start(Member& member, std::uint8_t node, const std::string& ip,
                           std::vector<std::string> interfaces = {}) {
    Multicast::Settings settings;
    settings.group = fmt::format("{}:{}", ip, port);
    settings.interfaces = std::move(interfaces);
    return member.multicast.start(settings, {node_id(node), node, {}, true});
  }
  template <class F>
  bool until(F done, std::chrono::milliseconds deadline = 5s) {
    const auto end = clock.now() + deadline;
    while (!done() && clock.now() < end) {
      io.run_one_for(10ms);
      io.restart();
    }
    return done();
  }
};

void find_each_other(const std::string& ip, std::vector<std::string> interfaces) {
  Group group;
  Group::Member a(group);
  Group::Member b(group);
  REQUIRE(group.start(a, 1, ip, interfaces).has_value());
  REQUIRE(group.start(b, 2, ip, interfaces).has_value());
  const auto begun = group.clock.now();
  REQUIRE(group.until([&] { return !a.told.by_node.empty() && !b.told.by_node.empty(); }));
  CHECK(group.clock.now() - begun < 1s);
  CHECK(a.told.by_node.at(node_id(2)).front().fresh);
  CHECK(a.told.by_node.at(node_id(2)).front().addresses.front().ends_with(":2"));
  CHECK_FALSE(a.told.by_node.contains(node_id(1)));
  CHECK(a.multicast.stats().interfaces > 0);

  b.multicast.stop();
  REQUIRE(group.until([&] { return !a.told.left.empty(); }));
  CHECK(a.told.left.front() == node_id(2));
}

}  // namespace

TEST_CASE("two nodes of one host find each other on every fitting interface") {
  find_each_other("239.255.42.98", {});
}

TEST_CASE("the all-hosts group of the README works too") {
  find_each_other("224.0.0.1", {});
}

TEST_CASE("a host without a network still has its loopback interface") {
  find_each_other("239.255.42.98", {"lo"});
}

TEST_CASE("a group may be IPv6 only") {
  const auto interfaces = usable_interfaces({});
  if (std::none_of(interfaces.begin(), interfaces.end(), [](const auto& i) { return i.v6; })) {
    SKIP("this machine has no IPv6");
  }
  find_each_other("[ff12::7275:6e61]", {});
}

TEST_CASE("a node that starts is answered by those that were there before") {
  Group group;
  Group::Member old(group);
  REQUIRE(group.start(old, 1, "239.255.42.98").has_value());
  // Past its first, quick announcements.
  REQUIRE(group.until([&] { return old.multicast.stats().sent >= 4; }));
  Group::Member late(group);
  REQUIRE(group.start(late, 2, "239.255.42.98").has_value());
  const auto begun = group.clock.now();
  REQUIRE(group.until([&] { return late.told.by_node.contains(node_id(1)); }));
  CHECK(group.clock.now() - begun < 1500ms);
}

TEST_CASE("rubbish on the group's port is counted and does no harm") {
  Group group;
  Group::Member a(group);
  REQUIRE(group.start(a, 1, "239.255.42.98", {"lo"}).has_value());
  udp::socket socket(group.io, udp::v4());
  socket.set_option(
      boost::asio::ip::multicast::outbound_interface(boost::asio::ip::address_v4::loopback()));
  const udp::endpoint to(boost::asio::ip::make_address("239.255.42.98"), group.port);
  for (std::size_t size : {0, 1, 40, 512, 513, 4000}) {
    socket.send_to(boost::asio::buffer(std::string(size, 'R')), to);
  }
  REQUIRE(group.until([&] { return a.multicast.stats().malformed >= 6; }));
  Group::Member b(group);
  REQUIRE(group.start(b, 2, "239.255.42.98", {"lo"}).has_value());
  CHECK(group.until([&] { return a.told.by_node.contains(node_id(2)); }));
}

TEST_CASE("a flood is read at a bounded rate") {
  Group group;
  Group::Member a(group);
  REQUIRE(group.start(a, 1, "239.255.42.98", {"lo"}).has_value());
  udp::socket socket(group.io, udp::v4());
  socket.set_option(
      boost::asio::ip::multicast::outbound_interface(boost::asio::ip::address_v4::loopback()));
  const udp::endpoint to(boost::asio::ip::make_address("239.255.42.98"), group.port);
  const auto begun = group.clock.now();
  for (int i = 0; i < 5000; ++i) {
    socket.send_to(boost::asio::buffer(std::string(100, 'R')), to);
    group.io.poll();
    group.io.restart();
  }
  const std::chrono::duration<double> passed = group.clock.now() - begun;
  CHECK(static_cast<double>(a.multicast.stats().received) <=
        Multicast::kMaxPerSecond * (1 + passed.count()) + 10);
}

TEST_CASE("groups that are none are refused") {
  Group group;
  Group::Member a(group);
  for (const char* text : {"", "10.0.0.1:8888", "239.255.42.98", "239.255.42.98:0",
                           "239.255.42.98:99999", "host:8888", "[ff02::1]"}) {
    Multicast::Settings settings;
    settings.group = text;
    const auto started = a.multicast.start(settings, {node_id(1), 1, {}, true});
    INFO(text);
    REQUIRE(started.has_error());
    CHECK(started.error().code == core::Errc::kAddressUnusable);
  }
}

TEST_CASE("a port that another program holds for itself is named as in use") {
  Group group;
  udp::socket other(group.io, udp::endpoint(udp::v4(), 0));
  group.port = other.local_endpoint().port();
  Group::Member a(group);
  const auto started = group.start(a, 1, "239.255.42.98");
  REQUIRE(started.has_error());
  CHECK(started.error().code == core::Errc::kAddressInUse);
}

TEST_CASE("a multicast that goes while datagrams come leaves nothing behind") {
  Group group;
  for (int round = 0; round < 20; ++round) {
    Group::Member a(group);
    Group::Member b(group);
    REQUIRE(group.start(a, 1, "239.255.42.98").has_value());
    REQUIRE(group.start(b, 2, "239.255.42.98").has_value());
    group.io.poll();
    group.io.restart();
  }
  group.io.run_for(50ms);
}

TEST_CASE("an interface that is not there is no reason not to start") {
  Group group;
  Group::Member a(group);
  REQUIRE(group.start(a, 1, "239.255.42.98", {"no-such-interface"}).has_value());
  CHECK(a.multicast.stats().interfaces == 0);
}
