#include "calls/dispatcher.h"

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "support/fakes.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using core::Executed;

namespace {

// A provider that does as it is told.
struct FakeProvider final : rpc::Handler {
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    ++calls;
    pattern = request.pattern;
    payload = request.payload.bytes.data();
    params.clear();
    for (const rpc::Pair& pair : request.params) {
      params.emplace_back(std::string(pair.key) + "=" + std::string(pair.value));
    }
    held = responder;
    if (inline_reply) {
      responder(*inline_reply);
      return 0;
    }
    return 7;
  }
  void cancel(rpc::Ticket ticket) override { cancelled.push_back(ticket); }

  void refuse_with(Errc code) {
    rpc::Reply reply;
    reply.code = code;
    reply.executed = Executed::kNo;
    reply.message = "busy";
    inline_reply = reply;
  }
  void answer(std::string_view text) const {
    (*held)(rpc::Reply::success(rpc::Payload::borrow(core::as_bytes(text), rpc::Encoding::kText)));
  }

  std::optional<rpc::Reply> inline_reply;
  std::optional<rpc::Responder> held;
  std::vector<rpc::Ticket> cancelled;
  std::string pattern;
  std::vector<std::string> params;
  const std::uint8_t* payload = nullptr;
  int calls = 0;
};

struct Caller final : rpc::Completion {
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override {
    ++answers;
    token = cookie[0];
    code = reply.code;
    executed = reply.executed;
    message = reply.message;
    body = core::as_text(reply.payload.bytes);
  }
  int answers = 0;
  std::uintptr_t token = 0;
  Errc code{};
  Executed executed{};
  std::string message, body;
};

registry::ServiceRow service(std::string path, std::vector<std::string> actions) {
  registry::ServiceRow row;
  row.network = "main";
  row.path = std::move(path);
  row.state = registry::ServiceState::kRunning;
  for (std::string& action : actions) {
    row.actions.push_back({std::move(action), "", "", "", 0});
  }
  return row;
}

struct World {
  World()
      : executor(clock),
        registry("n", {"main", "backup"}, 1),
        dispatcher({}, registry, clock, executor) {}

  void add_node(std::uint8_t number, FakeProvider& link, const registry::ServiceRow& row) {
    registry::NodeRows rows;
    rows.node.bytes[0] = number;
    rows.services = {row};
    registry.replace(rows, link);
  }
  rpc::Ticket call(std::string_view path, std::uint32_t flags = 0, core::Duration timeout = 1s) {
    rpc::Request request;
    request.network = "main";
    request.path = path;
    request.flags = flags;
    request.payload = rpc::Payload::borrow(core::as_bytes(body), rpc::Encoding::kText);
    request.deadline = clock.now() + timeout;
    return dispatcher.call(request, {&caller, {42, 0, 0}});
  }

  std::string body = "body";
  test::ManualClock clock;
  test::ManualExecutor executor;
  registry::Registry registry;
  calls::Dispatcher dispatcher;
  Caller caller;
};

rpc::Reply success() {
  return rpc::Reply::success({});
}

}  // namespace

TEST_CASE("a local call reaches its provider with the caller's own bytes, pattern and parameters") {
  World world;
  FakeProvider users;
  users.inline_reply = success();
  REQUIRE(world.registry.put_local(service("users", {"{user_id}/profile"}), &users));

  CHECK(world.call("users/42/profile") == 0);

  CHECK(users.calls == 1);
  CHECK(users.pattern == "users/{user_id}/profile");
  CHECK(users.params == std::vector<std::string>{"user_id=42"});
  CHECK(users.payload == core::as_bytes(world.body).data());
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.token == 42);
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("an unknown service and an unknown action are told apart") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.call("maths/add");
  CHECK(world.caller.code == Errc::kNoService);
  world.call("math/sub");
  CHECK(world.caller.code == Errc::kNoAction);
  CHECK(world.caller.executed == Executed::kNo);
  CHECK(math.calls == 0);
}

TEST_CASE("a service of another network is not found") {
  World world;
  FakeProvider math;
  auto row = service("math", {"add"});
  row.network = "backup";
  REQUIRE(world.registry.put_local(row, &math));
  world.call("math/add");
  CHECK(world.caller.code == Errc::kNoService);
  CHECK(math.calls == 0);
}

TEST_CASE("only the first answer counts") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  CHECK(world.call("math/add") != 0);
  math.answer("one");
  math.answer("two");
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.body == "one");
}

TEST_CASE("a call that nobody answers ends at its deadline, and its provider is told") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.call("math/add", 0, 100ms);
  world.executor.advance(99ms);
  CHECK(world.caller.answers == 0);
  world.executor.advance(10ms);
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.code == Errc::kDeadlineExceeded);
  CHECK(world.caller.executed == Executed::kUnknown);
  CHECK(math.cancelled == std::vector<rpc::Ticket>{7});
  math.answer("late");
  CHECK(world.caller.answers == 1);
  CHECK(world.dispatcher.stats().timeouts == 1);
  CHECK(world.dispatcher.stats().open == 0);
}

TEST_CASE("a deadline that has passed already is refused without asking anybody") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.call("math/add", 0, 0ms);
  CHECK(world.caller.code == Errc::kDeadlineExceeded);
  CHECK(world.caller.executed == Executed::kNo);
  CHECK(math.calls == 0);
}

TEST_CASE("a cancelled call answers its caller at once and stops its provider") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  const rpc::Ticket ticket = world.call("math/add");
  world.dispatcher.cancel(ticket);
  CHECK(world.caller.code == Errc::kCancelled);
  CHECK(math.cancelled == std::vector<rpc::Ticket>{7});
  world.dispatcher.cancel(ticket);
  CHECK(world.caller.answers == 1);
}

TEST_CASE("a provider that refuses unexecuted is followed by the next, until one takes the call") {
  World world;
  FakeProvider local, first, second;
  local.refuse_with(Errc::kServicePaused);
  first.refuse_with(Errc::kOverloaded);
  second.refuse_with(Errc::kLinkLost);
  REQUIRE(world.registry.put_local(service("math", {"add"}), &local));
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));

  world.call("math/add");

  CHECK(local.calls == 1);
  CHECK(first.calls == 1);
  CHECK(second.calls == 1);
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.executed == Executed::kNo);
  CHECK(world.dispatcher.stats().failovers == 2);
}

TEST_CASE("failover goes on after the caller's frame has returned, with the same bytes") {
  World world;
  FakeProvider first, second;
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  world.call("math/add");
  FakeProvider& asked = first.calls == 1 ? first : second;
  FakeProvider& other = first.calls == 1 ? second : first;
  REQUIRE(other.calls == 0);
  other.inline_reply = success();

  rpc::Reply refusal;
  refusal.code = Errc::kDraining;
  refusal.executed = Executed::kNo;
  (*asked.held)(refusal);

  CHECK(other.calls == 1);
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("an error after the work was done, or may have been, is not retried") {
  World world;
  FakeProvider first, second;
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  rpc::Reply reply;
  reply.code = Errc::kProviderLost;
  reply.executed = Executed::kUnknown;
  first.inline_reply = second.inline_reply = reply;
  world.call("math/add");
  CHECK(first.calls + second.calls == 1);
  CHECK(world.caller.code == Errc::kProviderLost);
}

TEST_CASE("a late answer of a provider that had refused does not end the next attempt") {
  World world;
  FakeProvider first, second;
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  world.call("math/add");
  FakeProvider& asked = first.calls == 1 ? first : second;
  FakeProvider& other = first.calls == 1 ? second : first;
  const rpc::Responder old = *asked.held;
  rpc::Reply refusal;
  refusal.code = Errc::kDraining;
  refusal.executed = Executed::kNo;
  old(refusal);
  REQUIRE(other.calls == 1);
  old(success());
  CHECK(world.caller.answers == 0);
  other.answer("right");
  CHECK(world.caller.body == "right");
}

TEST_CASE("remote providers take turns; a local one goes first") {
  World world;
  FakeProvider local, first, second;
  local.inline_reply = first.inline_reply = second.inline_reply = success();
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  for (int i = 0; i < 10; ++i) {
    world.call("math/add");
  }
  CHECK(first.calls == 5);
  CHECK(second.calls == 5);
  REQUIRE(world.registry.put_local(service("math", {"add"}), &local));
  world.call("math/add");
  CHECK(local.calls == 1);
}

TEST_CASE("an inbound request is never forwarded") {
  World world;
  FakeProvider remote;
  world.add_node(1, remote, service("math", {"add"}));
  world.call("math/add", rpc::kInbound);
  CHECK(world.caller.code == Errc::kNoEndpoint);
  CHECK(remote.calls == 0);
}

TEST_CASE("a call that only a paused or draining node could take hears why") {
  World world;
  FakeProvider remote;
  registry::NodeRows rows;
  rows.node.bytes[0] = 1;
  rows.epoch = rows.version = 1;
  rows.services = {service("math", {"add"})};
  rows.draining = true;
  world.registry.replace(rows, remote);
  world.call("math/add");
  CHECK(world.caller.code == Errc::kDraining);
  CHECK(world.caller.executed == Executed::kNo);
  rows.draining = false;
  rows.services[0].state = registry::ServiceState::kPaused;
  world.registry.replace(rows, remote);
  world.call("math/add");
  CHECK(world.caller.code == Errc::kServicePaused);
  CHECK(remote.calls == 0);
}

TEST_CASE("a draining node refuses inbound requests, its own go on") {
  World world;
  FakeProvider math;
  math.inline_reply = success();
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.dispatcher.drain();
  world.call("math/add", rpc::kInbound);
  CHECK(world.caller.code == Errc::kDraining);
  world.call("math/add");
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("a payload over the limit is refused") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.body.assign((4U << 20) + 1, 'x');
  world.call("math/add");
  CHECK(world.caller.code == Errc::kTooLarge);
  CHECK(math.calls == 0);
}

TEST_CASE("calls in flight are bounded") {
  World world;
  calls::Options options;
  options.open_limit = 4;
  calls::Dispatcher small(options, world.registry, world.clock, world.executor);
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  rpc::Request request;
  request.network = "main";
  request.path = "math/add";
  for (int i = 0; i < 5; ++i) {
    small.call(request, {&world.caller, {}});
  }
  CHECK(math.calls == 4);
  CHECK(world.caller.code == Errc::kOverloaded);
}

TEST_CASE("answers, deadlines and cancels that race answer each call once") {
  World world;
  struct Count final : rpc::Completion {
    void complete(const rpc::Cookie&, const rpc::Reply&) noexcept override { ++answers; }
    std::atomic<int> answers{0};
  } count;
  struct Queue final : rpc::Handler {
    rpc::Ticket call(const rpc::Request&, const rpc::Responder& r) override {
      const std::lock_guard lock(mutex);
      held.push_back(r);
      return 1;
    }
    void cancel(rpc::Ticket) override {}
    std::mutex mutex;
    std::vector<rpc::Responder> held;
  } queue;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &queue));
  constexpr int kCalls = 2000;
  std::atomic<bool> done{false};
  std::vector<rpc::Ticket> tickets(kCalls);
  std::atomic<int> made{0};
  std::thread answering([&] {
    while (!done) {
      std::vector<rpc::Responder> batch;
      {
        const std::lock_guard lock(queue.mutex);
        batch.swap(queue.held);
      }
      for (const rpc::Responder& r : batch) {
        r(success());
        r(success());
      }
    }
  });
  std::thread cancelling([&] {
    for (int i = 0; i < kCalls; ++i) {
      while (made.load() <= i) {
        std::this_thread::yield();
      }
      world.dispatcher.cancel(tickets[static_cast<std::size_t>(i)]);
    }
  });
  for (int i = 0; i < kCalls; ++i) {
    rpc::Request request;
    request.network = "main";
    request.path = "math/add";
    request.deadline = world.clock.now() + 1h;
    tickets[static_cast<std::size_t>(i)] = world.dispatcher.call(request, {&count, {}});
    ++made;
  }
  cancelling.join();
  done = true;
  answering.join();
  CHECK(count.answers == kCalls);
  CHECK(world.dispatcher.stats().open == 0);
}

namespace {

// A provider whose work is a lambda.
struct LambdaProvider final : rpc::Handler {
  explicit LambdaProvider(
      std::function<rpc::Ticket(const rpc::Request&, const rpc::Responder&)> given)
      : work(std::move(given)) {}
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    return work(request, responder);
  }
  void cancel(rpc::Ticket ticket) override { cancelled.push_back(ticket); }
  std::function<rpc::Ticket(const rpc::Request&, const rpc::Responder&)> work;
  std::vector<rpc::Ticket> cancelled;
};

}  // namespace

TEST_CASE("calls inside one another, on one thread, end each in its own frame") {
  World world;
  FakeProvider inner;
  inner.inline_reply = success();
  Caller nested;
  LambdaProvider outer([&](const rpc::Request& request, const rpc::Responder& responder) {
    rpc::Request next = request;
    next.path = "inner/do";
    CHECK(world.dispatcher.call(next, {&nested, {}}) == 0);
    responder(success());
    return rpc::Ticket{0};
  });
  REQUIRE(world.registry.put_local(service("outer", {"do"}), &outer));
  REQUIRE(world.registry.put_local(service("inner", {"do"}), &inner));
  CHECK(world.call("outer/do") == 0);
  CHECK(nested.answers == 1);
  CHECK(world.caller.answers == 1);
  CHECK(world.dispatcher.stats().open == 0);
}

TEST_CASE("two dispatchers on one thread don't take each other's calls for their own") {
  World one;
  World two;  // its first call has the same id
  FakeProvider slow;
  LambdaProvider bridge([&](const rpc::Request&, const rpc::Responder& responder) {
    CHECK(two.call("slow/do") != 0);
    responder(success());
    return rpc::Ticket{0};
  });
  REQUIRE(one.registry.put_local(service("bridge", {"do"}), &bridge));
  REQUIRE(two.registry.put_local(service("slow", {"do"}), &slow));
  CHECK(one.call("bridge/do") == 0);
  CHECK(one.caller.answers == 1);
  CHECK(two.caller.answers == 0);
  slow.answer("now");
  CHECK(two.caller.answers == 1);
  CHECK(one.dispatcher.stats().open + two.dispatcher.stats().open == 0);
}

TEST_CASE("a call that another thread answers while its frame is inside ends once") {
  World world;
  LambdaProvider math([](const rpc::Request&, const rpc::Responder& responder) {
    std::thread([responder] { responder(success()); }).join();
    return rpc::Ticket{0};
  });
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  CHECK(world.call("math/add") == 0);
  CHECK(world.caller.answers == 1);
  CHECK(math.cancelled.empty());
  CHECK(world.dispatcher.stats().open == 0);
}

TEST_CASE("a call whose caller cancels it from inside the provider is answered once and stopped") {
  World world;
  rpc::Ticket mine = 0;
  LambdaProvider math([&](const rpc::Request&, const rpc::Responder& responder) {
    mine = responder.cookie[0];
    world.dispatcher.cancel(mine);
    responder(success());
    return rpc::Ticket{9};
  });
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  CHECK(world.call("math/add") == 0);
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.code == Errc::kCancelled);
  CHECK(math.cancelled == std::vector<rpc::Ticket>{9});
  CHECK(world.dispatcher.stats().open == 0);
}

TEST_CASE("a remote provider after a local one is not told what the local one matched") {
  World world;
  FakeProvider local, remote;
  local.refuse_with(Errc::kServicePaused);
  remote.inline_reply = success();
  REQUIRE(world.registry.put_local(service("users", {"{id}/profile"}), &local));
  world.add_node(1, remote, service("users", {"{id}/profile"}));
  world.call("users/42/profile");
  CHECK(local.params == std::vector<std::string>{"id=42"});
  CHECK(remote.calls == 1);
  CHECK(remote.pattern.empty());
  CHECK(remote.params.empty());
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("calls are counted whether they were taken, refused or are pending") {
  World world;
  FakeProvider math, slow;
  math.inline_reply = success();
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  REQUIRE(world.registry.put_local(service("slow", {"do"}), &slow));
  for (int i = 0; i < 10; ++i) {
    world.call("math/add");
  }
  world.call("math/add", 0, 0ms);
  world.call("nobody/here");
  world.call("slow/do");
  const calls::Stats stats = world.dispatcher.stats();
  CHECK(stats.calls == 13);
  CHECK(stats.failed == 2);
  CHECK(stats.open == 1);
}

TEST_CASE("a sweep that went to rest is armed again by the next pending call") {
  World world;
  FakeProvider slow;
  REQUIRE(world.registry.put_local(service("slow", {"do"}), &slow));
  world.call("slow/do", 0, 100ms);
  world.executor.advance(5s);
  CHECK(world.caller.answers == 1);
  world.call("slow/do", 0, 100ms);
  world.executor.advance(200ms);
  CHECK(world.caller.answers == 2);
  CHECK(world.dispatcher.stats().timeouts == 2);
}

TEST_CASE("a call without a deadline gets its provider's time, else the default") {
  World world;
  core::TimePoint deadline{};
  LambdaProvider math([&](const rpc::Request& request, const rpc::Responder& responder) {
    deadline = request.deadline;
    responder(success());
    return rpc::Ticket{0};
  });
  auto row = service("math", {"add", "slow"});
  row.actions[1].timeout_ms = 60'000;
  REQUIRE(world.registry.put_local(row, &math));
  rpc::Request request;
  request.network = "main";
  request.path = "math/slow";
  world.dispatcher.call(request, {&world.caller, {}});
  CHECK(deadline == world.clock.now() + 60s);
  request.path = "math/add";
  world.dispatcher.call(request, {&world.caller, {}});
  CHECK(deadline == world.clock.now() + calls::Options{}.default_timeout);
  request.path = "math/slow";
  request.deadline = world.clock.now() + 10ms;
  world.dispatcher.call(request, {&world.caller, {}});
  CHECK(deadline == world.clock.now() + 10ms);
}

TEST_CASE("another node's action has its own time here, too, and it ends the call") {
  World world;
  FakeProvider far;
  auto row = service("math", {"slow"});
  row.actions[0].timeout_ms = 200;
  world.add_node(1, far, row);
  rpc::Request request;
  request.network = "main";
  request.path = "math/slow";
  world.dispatcher.call(request, {&world.caller, {}});
  world.executor.advance(190ms);
  CHECK(world.caller.answers == 0);
  world.executor.advance(20ms);
  CHECK(world.caller.code == Errc::kDeadlineExceeded);
}
