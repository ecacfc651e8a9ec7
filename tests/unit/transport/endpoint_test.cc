// Endpoints on loopback: real sockets, real time.
#include "transport/endpoint.h"

#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch_test_macros.hpp>
#include <thread>

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

namespace {

bool link_up(boost::asio::io_context& io, EndpointNode& a, EndpointNode& b,
             const std::string& address) {
  a.endpoint->dial({{address}, std::nullopt});
  return run_until(io, [&] { return !a.events.ups.empty() && !b.events.ups.empty(); });
}

std::string port_of(const EndpointNode& node) {
  return std::to_string(node.endpoint->local().port());
}

// Runs an io_context on a thread of its own while it lives.
class Running {
 public:
  explicit Running(boost::asio::io_context& io)
      : guard_(boost::asio::make_work_guard(io)), io_(io), thread_([&io] { io.run(); }) {}
  ~Running() {
    guard_.reset();
    io_.stop();
    thread_.join();
  }

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::io_context& io_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("IPv6 works, by number") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a", .listen = "[::1]:0"});
  EndpointNode b(io, ca, {.name = "b", .listen = "[::1]:0"});
  if (!a.endpoint) {
    SKIP("no IPv6 here: " << core::describe(*a.error));
  }
  REQUIRE(link_up(io, a, b, "[::1]:" + port_of(b)));
  CHECK(b.events.ups[0].peer.address == a.endpoint->local());
}

TEST_CASE("an IPv6 wildcard takes IPv4 too, and answers from where it was asked") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a", .listen = "127.0.0.1:0"});
  EndpointNode b(io, ca, {.name = "b", .listen = "[::]:0"});
  if (!b.endpoint) {
    SKIP("no IPv6 here: " << core::describe(*b.error));
  }
  // 127.0.0.2 is no address that b would choose by itself: a client drops answers from another.
  REQUIRE(link_up(io, a, b, "127.0.0.2:" + port_of(b)));
  CHECK(b.events.ups[0].peer.address == a.endpoint->local());

  EndpointNode c(io, ca, {.name = "c", .listen = "[::]:0"});
  REQUIRE(c.endpoint);
  c.endpoint->dial({{"[::1]:" + port_of(b)}, std::nullopt});
  REQUIRE(run_until(io, [&] { return !c.events.ups.empty(); }));
}

TEST_CASE("a peer is dialled by name, all its addresses raced with dead ones") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a", .listen = "0.0.0.0:0"});
  EndpointNode b(io, ca, {.name = "b"});
  a.endpoint->dial(
      {{"127.0.0.1:1", "no-such-name.invalid:1", "localhost:" + port_of(b)}, b.identity.id});
  REQUIRE(run_until(io, [&] { return !a.events.dials.empty(); }, std::chrono::seconds(40)));
  CHECK(a.events.dials[0].second.has_value());
  CHECK(a.events.ups.size() == 1);
}

TEST_CASE("a dial without any address fails, not inside the call") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a"});
  for (const std::vector<std::string>& none :
       {std::vector<std::string>{}, std::vector<std::string>{"nonsense"},
        std::vector<std::string>{"no-such-name.invalid:1"}}) {
    a.events.dials.clear();
    const transport::DialId dial = a.endpoint->dial({none, std::nullopt});
    CHECK(a.events.dials.empty());
    REQUIRE(run_until(io, [&] { return !a.events.dials.empty(); }, std::chrono::seconds(40)));
    CHECK(a.events.dials[0].first == dial);
    CHECK(a.events.dials[0].second.error().code == core::Errc::kAddressUnusable);
  }
}

TEST_CASE("an address that is taken or not of this machine is told by type") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a"});
  EndpointNode b(io, ca, {.name = "b", .listen = a.endpoint->local().text()});
  REQUIRE_FALSE(b.endpoint);
  CHECK(b.error->code == core::Errc::kAddressInUse);
  EndpointNode c(io, ca, {.name = "c", .listen = "192.0.2.1:0"});
  REQUIRE_FALSE(c.endpoint);
  CHECK(c.error->code == core::Errc::kAddressUnusable);
}

TEST_CASE("threads call and publish at will, over one handshake") {
  boost::asio::io_context io_a;
  boost::asio::io_context io_b;
  const testing::TestCa ca;
  EndpointNode a(io_a, ca, {.name = "a"});
  EndpointNode b(io_b, ca, {.name = "b"});
  b.sink.keep = false;
  std::shared_ptr<transport::RemoteNode> remote;
  {
    a.dial(b);
    REQUIRE(run_until(io_a, [&] {
      io_b.restart();
      io_b.poll();
      return !a.events.ups.empty() && !b.events.ups.empty();
    }));
    remote = a.events.ups[0].remote;
  }
  constexpr int kThreads = 4;
  constexpr int kCalls = 2500;
  std::atomic<int> good{0};
  std::atomic<int> published{0};
  {
    const Running running_a(io_a);
    const Running running_b(io_b);
    std::vector<std::thread> callers;
    for (int t = 0; t < kThreads; ++t) {
      callers.emplace_back([&] {
        for (int i = 0; i < kCalls; ++i) {
          Waiter waiter;
          const std::string text = std::to_string(i);
          remote->call(request_for("echo", text), waiter.responder());
          while (!waiter.done()) {
            std::this_thread::yield();
          }
          good += waiter.reply().payload == text ? 1 : 0;
          transport::OutgoingEvent event;
          event.header.network = testing::network_of("main");
          event.header.topic = "t";
          published += remote->publish(0, event) ? 1 : 0;
        }
      });
    }
    for (std::thread& caller : callers) {
      caller.join();
    }
  }
  CHECK(good == kThreads * kCalls);
  CHECK(b.handler.calls == kThreads * kCalls);
  CHECK(a.endpoint->stats().handshakes == 1);
  CHECK(b.endpoint->stats().handshakes == 1);
  REQUIRE(run_until(io_b, [&] {
    io_a.restart();
    io_a.poll();
    return b.sink.count == static_cast<std::uint64_t>(published.load());
  }));
}

TEST_CASE("an endpoint that goes answers every call in progress, and later ones at once") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a"});
  EndpointNode b(io, ca, {.name = "b"});
  REQUIRE(link_up(io, a, b, b.endpoint->local().text()));
  const auto remote = a.events.ups[0].remote;
  std::vector<Waiter> waiters(10);
  for (std::size_t i = 0; i < 5; ++i) {
    remote->call(request_for("hold", ""), waiters[i].responder());
  }
  REQUIRE(run_until(io, [&] { return b.handler.asked.size() == 5; }));
  for (std::size_t i = 5; i < 10; ++i) {  // not even sent
    remote->call(request_for("hold", ""), waiters[i].responder());
  }
  a.endpoint.reset();
  for (const Waiter& waiter : waiters) {
    CHECK(waiter.count() == 1);
    CHECK_FALSE(waiter.reply().ok());
  }
  CHECK(waiters[9].reply().executed == core::Executed::kNo);
  Waiter late;
  remote->call(request_for("echo", ""), late.responder());
  CHECK(late.count() == 1);
  io.poll();
  b.endpoint.reset();
  b.handler.asked[0].responder(rpc::Reply::success({}));  // finds nobody
}

TEST_CASE("an endpoint that goes tells its peers") {
  boost::asio::io_context io;
  const testing::TestCa ca;
  EndpointNode a(io, ca, {.name = "a"});
  EndpointNode b(io, ca, {.name = "b"});
  REQUIRE(link_up(io, a, b, b.endpoint->local().text()));
  b.endpoint.reset();
  REQUIRE(run_until(io, [&] { return !a.events.downs.empty(); }, std::chrono::milliseconds(500)));
  CHECK(a.events.downs[0].second.code == core::Errc::kLinkLost);
  CHECK(a.endpoint->stats().links == 0);
}
