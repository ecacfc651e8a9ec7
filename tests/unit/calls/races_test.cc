// Calls within calls, on one thread and on several: each ends once.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "world.h"

using namespace runard;
using namespace runard::test;

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
