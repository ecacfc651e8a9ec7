#include "admin/bench.h"

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <thread>

#include "support/fakes.h"

using namespace runard;
using namespace std::chrono_literals;
using admin::Bench;
using admin::BenchResult;
using core::Errc;

namespace {

// Answers as the test wants: at once inside call(), or when told.
struct Service final : rpc::Handler {
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    ++calls;
    deepest = std::max(deepest, ++depth);
    last_path = request.path;
    clock.advance(took);
    if (inline_replies) {
      answer(responder);
    } else {
      waiting.push_back(responder);
      most_waiting = std::max(most_waiting, waiting.size());
    }
    --depth;
    return calls;
  }
  void cancel(rpc::Ticket ticket) override { cancelled.push_back(ticket); }

  void answer(const rpc::Responder& responder) const {
    responder(calls <= failures ? rpc::Reply::failure(error) : rpc::Reply::success({}));
  }
  void answer_next() {
    const rpc::Responder next = waiting.front();
    waiting.pop_front();
    answer(next);
  }

  test::ManualClock clock;
  core::Duration took = 100ns;
  bool inline_replies = true;
  std::uint64_t failures = 0;  // of the first calls
  const core::Error error = core::fail(Errc::kOverloaded, "too much");
  std::uint64_t calls = 0;
  int depth = 0;
  int deepest = 0;
  std::string last_path;
  std::deque<rpc::Responder> waiting;
  std::size_t most_waiting = 0;
  std::vector<rpc::Ticket> cancelled;
};

struct Run {
  Run(Service& service, std::uint64_t count, std::uint32_t inflight, std::uint32_t rate = 0)
      : executor(service.clock) {
    admin::BenchOptions options;
    options.network = "main";
    options.path = "math/add";
    options.count = count;
    options.inflight = inflight;
    options.rate = rate;
    auto made = Bench::create(std::move(options), service, service.clock,
                              [this](core::Duration delay, core::Task task) {
                                if (delay > 0ns) {
                                  executor.after(delay, std::move(task));
                                  return;
                                }
                                ++posts;
                                executor.post(std::move(task));
                              });
    REQUIRE(made.has_value());
    bench = std::move(*made);
    bench->start([this](const BenchResult& got) {
      result = got;
      ++done;
    });
  }

  test::ManualExecutor executor;
  int posts = 0;
  int done = 0;
  BenchResult result;
  std::unique_ptr<Bench> bench;
};

}  // namespace

TEST_CASE("a bench makes as many calls as asked and tells how long they took") {
  Service service;
  Run run(service, 100, 1);
  REQUIRE(run.done == 1);
  CHECK(service.calls == 100);
  CHECK(service.last_path == "math/add");
  CHECK(run.result.count == 100);
  CHECK(run.result.errors == 0);
  CHECK(run.result.elapsed == 100 * 100ns);
  CHECK(run.result.p50 == 100ns);
  CHECK(run.result.max == 100ns);
  CHECK_FALSE(run.result.first_error);
}

TEST_CASE("replies inside the call neither deepen the stack nor keep the thread") {
  Service service;
  Run run(service, 10 * Bench::kTurn, 1);
  CHECK(run.done == 0);
  CHECK(service.calls == Bench::kTurn);
  run.executor.run();
  CHECK(run.done == 1);
  CHECK(run.posts == 10);
  CHECK(service.deepest == 1);
  CHECK(run.result.count == 10 * Bench::kTurn);
}

TEST_CASE("so many calls as asked are in flight, and never more") {
  Service service;
  service.inline_replies = false;
  Run run(service, 1000, 64);
  CHECK(service.waiting.size() == 64);
  while (!service.waiting.empty()) {
    service.answer_next();
  }
  CHECK(service.most_waiting == 64);
  CHECK(run.done == 1);
  CHECK(run.result.count == 1000);
}

TEST_CASE("with a rate the calls are made when due, not when the last was answered") {
  Service service;
  service.took = 0ns;
  Run run(service, 100, 2, 1000);
  CHECK(service.calls == 1);  // the first is due at once
  run.executor.advance(50ms);
  CHECK(service.calls == 51);
  run.executor.advance(1s);
  CHECK(run.done == 1);
  CHECK(run.result.count == 100);
  CHECK(run.result.elapsed == 99ms);
  CHECK(run.result.max == 0ns);
}

TEST_CASE("a stall is counted for every call that was due in it") {
  Service service;
  service.took = 0ns;
  service.inline_replies = false;
  Run run(service, 10, 1, 1000);
  run.executor.advance(100ms);
  while (!service.waiting.empty()) {
    service.answer_next();
  }
  CHECK(run.done == 1);
  CHECK(run.result.p50 > 90ms);
  CHECK(run.result.max >= 100ms);
}

TEST_CASE("a bench that waits for its next call is stopped all the same") {
  Service service;
  Run run(service, 10, 1, 1);
  CHECK(service.calls == 1);
  run.bench->stop();
  run.executor.advance(Bench::kNap);
  CHECK(run.done == 1);
  CHECK(run.result.count == 1);
}

TEST_CASE("fewer calls than lanes need fewer lanes") {
  Service service;
  service.inline_replies = false;
  Run run(service, 3, 64);
  CHECK(service.waiting.size() == 3);
  while (!service.waiting.empty()) {
    service.answer_next();
  }
  CHECK(run.done == 1);
  CHECK(run.result.count == 3);
}

TEST_CASE("errors are counted and the first one is kept; their latencies are not") {
  Service service;
  service.failures = 10;
  service.took = 1ms;
  Run run(service, 100, 1);
  CHECK(run.result.count == 100);
  CHECK(run.result.errors == 10);
  REQUIRE(run.result.first_error);
  CHECK(run.result.first_error->code == Errc::kOverloaded);
  CHECK(run.result.first_error->about == "too much");
}

TEST_CASE("a run in which nothing succeeds gives up") {
  Service service;
  service.failures = UINT64_MAX;
  Run run(service, Bench::kMaxCount, 1);
  run.executor.run();
  CHECK(run.done == 1);
  CHECK(run.result.count == Bench::kMaxFailures);
  CHECK(run.result.errors == Bench::kMaxFailures);
  CHECK(run.result.p50 == 0ns);
}

TEST_CASE("a stopped bench makes no more calls and cancels those in flight") {
  Service service;
  service.inline_replies = false;
  Run run(service, 1000, 4);
  service.answer_next();
  run.bench->stop();
  CHECK(service.cancelled.size() == 4);
  CHECK(run.done == 0);
  while (!service.waiting.empty()) {
    service.answer_next();
  }
  CHECK(run.done == 1);
  CHECK(run.result.count == 5);
}

TEST_CASE("a bench without calls, with too many or too many at once is refused") {
  Service service;
  for (const auto& [count, inflight] : {std::pair<std::uint64_t, std::uint32_t>{0, 1},
                                        {1, 0},
                                        {Bench::kMaxCount + 1, 1},
                                        {1, Bench::kMaxInFlight + 1}}) {
    admin::BenchOptions options;
    options.count = count;
    options.inflight = inflight;
    const auto made = Bench::create(std::move(options), service, service.clock, {});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == Errc::kInvalidArgument);
  }
}

TEST_CASE("replies on another thread are counted once each") {
  struct Threaded final : rpc::Handler {
    rpc::Ticket call(const rpc::Request&, const rpc::Responder& responder) override {
      const std::lock_guard lock(mutex);
      waiting.push_back(responder);
      return 0;
    }
    void cancel(rpc::Ticket) override {}
    std::mutex mutex;
    std::deque<rpc::Responder> waiting;
  } handler;
  const core::SystemClock clock;
  std::atomic<int> done{0};
  BenchResult result;
  admin::BenchOptions options;
  options.count = 20'000;
  options.inflight = 16;
  auto bench = Bench::create(std::move(options), handler, clock,
                             [](core::Duration, core::Task task) { task(); });
  REQUIRE(bench.has_value());
  const auto work = [&] {
    while (done == 0) {
      std::optional<rpc::Responder> next;
      {
        const std::lock_guard lock(handler.mutex);
        if (!handler.waiting.empty()) {
          next = handler.waiting.front();
          handler.waiting.pop_front();
        }
      }
      if (next) {
        (*next)(rpc::Reply::success({}));
      } else {
        std::this_thread::yield();
      }
    }
  };
  std::thread one(work), two(work);
  (*bench)->start([&](const BenchResult& got) {
    result = got;
    done = 1;
  });
  one.join();
  two.join();
  CHECK(result.count == 20'000);
  CHECK(result.errors == 0);
}
