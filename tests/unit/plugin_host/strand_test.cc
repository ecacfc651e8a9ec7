#include "plugin_host/strand.h"

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "core/burst.h"
#include "plugin_host/lane.h"
#include "plugin_host/ready_queue.h"
#include "plugin_host/start_order.h"
#include "plugin_host/workers.h"
#include "support/plugin_world.h"

using namespace runard;
using namespace runard::plugin_host;
using test::eventually;

namespace {

struct Job final : StrandTask {
  explicit Job(std::function<void()> f) : work(std::move(f)) {}
  void run() noexcept override { work(); }
  std::function<void()> work;
};

// Runs only what it is told to, when it is told to.
struct ManualScheduler final : Scheduler {
  void submit(Runnable& work) override { ready.push_back(&work); }
  void run_one() {
    Runnable* const work = ready.front();
    ready.pop_front();
    work->run();
  }
  std::deque<Runnable*> ready;
};

struct Pool {
  explicit Pool(std::uint32_t threads) : workers({threads, 2, 1024}, list) {
    workers.start(std::make_shared<int>());
  }
  ~Pool() { CHECK(workers.stop(std::chrono::seconds(10))); }
  ThreadList list;
  Workers workers;
};

}  // namespace

TEST_CASE("tasks run in the order they were posted, never inside post") {
  ManualScheduler scheduler;
  core::SystemClock clock;
  Strand strand(scheduler, clock);
  std::string order;
  Job a([&] { order += 'a'; });
  Job b([&] { order += 'b'; });
  Job c([&] { order += 'c'; });

  strand.post(a);
  strand.post(b);
  strand.post(c);
  CHECK(order.empty());
  CHECK(scheduler.ready.size() == 1);  // one turn, however many tasks
  scheduler.run_one();

  CHECK(order == "abc");
  CHECK(strand.idle());
}

TEST_CASE("a strand that somebody is on can't be entered, and its tasks wait") {
  ManualScheduler scheduler;
  core::SystemClock clock;
  Strand strand(scheduler, clock);
  int runs = 0;
  Job job([&] { ++runs; });

  REQUIRE(strand.try_enter());
  CHECK(strand.held_by_this_thread());
  CHECK_FALSE(strand.try_enter());
  strand.post(job);
  CHECK(scheduler.ready.empty());
  strand.leave();

  CHECK_FALSE(strand.held_by_this_thread());
  CHECK(runs == 0);  // not inside leave()
  REQUIRE(scheduler.ready.size() == 1);
  scheduler.run_one();
  CHECK(runs == 1);
  CHECK(strand.try_enter());
  strand.leave();
  CHECK(scheduler.ready.empty());
}

TEST_CASE("a scheduled strand can't be entered past its tasks") {
  ManualScheduler scheduler;
  core::SystemClock clock;
  Strand strand(scheduler, clock);
  Job job([] {});
  strand.post(job);
  CHECK_FALSE(strand.try_enter());
  scheduler.run_one();
  CHECK(strand.try_enter());
  strand.leave();
}

TEST_CASE("a turn ends after some tasks, so that others get theirs") {
  ManualScheduler scheduler;
  core::SystemClock clock;
  Strand busy(scheduler, clock);
  Strand other(scheduler, clock);
  int done = 0;
  int done_before_other = -1;
  std::deque<Job> jobs;
  for (int i = 0; i < 10 * Strand::kMaxTasks; ++i) {
    jobs.emplace_back([&] { ++done; });
    busy.post(jobs.back());
  }
  Job mark([&] { done_before_other = done; });
  other.post(mark);

  while (!scheduler.ready.empty()) {
    scheduler.run_one();
  }

  CHECK(done == 10 * Strand::kMaxTasks);
  CHECK(done_before_other <= Strand::kMaxTasks);
}

TEST_CASE("what a burst submits wakes as many workers as it needs, at its end") {
  core::SystemClock clock;
  Pool pool(2);
  Strand first(pool.workers, clock);
  Strand second(pool.workers, clock);
  std::atomic<int> inside{0};
  const auto meet = [&] {  // each ends only when both are there
    ++inside;
    eventually([&] { return inside.load() == 2; });
  };
  Job here(meet);
  Job there(meet);
  {
    const core::Burst burst;
    first.post(here);
    second.post(there);
  }
  CHECK(eventually([&] { return first.idle() && second.idle(); }));
  CHECK(inside == 2);
}

TEST_CASE("a strand runs one task at a time whatever posts and enters") {
  core::SystemClock clock;
  Pool pool(3);
  Strand strand(pool.workers, clock);
  constexpr int kEach = 5000;
  int inside = 0;  // not atomic: the strand is its lock
  std::atomic<int> done{0};
  const auto work = [&] {
    ++inside;
    ++done;
  };
  std::deque<Job> jobs;
  for (int i = 0; i < 2 * kEach; ++i) {
    jobs.emplace_back(work);
  }
  const auto post = [&](int from) {
    for (int i = 0; i < kEach; ++i) {
      strand.post(jobs[static_cast<std::size_t>(from * kEach + i)]);
    }
  };
  std::atomic<int> entered{0};
  std::thread first([&] { post(0); });
  std::thread second([&] { post(1); });
  std::thread direct([&] {
    for (int i = 0; i < kEach; ++i) {
      if (strand.try_enter()) {
        work();
        strand.leave();
        ++entered;
      }
    }
  });
  first.join();
  second.join();
  direct.join();

  REQUIRE(eventually([&] { return done == 2 * kEach + entered; }));
  REQUIRE(eventually([&] { return strand.idle(); }));
  CHECK(inside == 2 * kEach + entered);
}

TEST_CASE("the ready queue gives each item out once and knows when it is full") {
  ReadyQueue<int> queue(4);
  int items[5] = {};
  CHECK(queue.pop() == nullptr);
  for (int i = 0; i < 4; ++i) {
    CHECK(queue.push(&items[i]));
  }
  CHECK_FALSE(queue.push(&items[4]));
  for (int i = 0; i < 4; ++i) {
    CHECK(queue.pop() == &items[i]);
  }
  CHECK(queue.empty());

  ReadyQueue<int> shared(64);
  std::vector<int> counts(20000);
  std::atomic<int> taken{0};
  const auto producer = [&](std::size_t from) {
    for (std::size_t i = from; i < counts.size(); i += 2) {
      while (!shared.push(&counts[i])) {
        std::this_thread::yield();
      }
    }
  };
  const auto consumer = [&] {
    while (taken < 20000) {
      if (int* const item = shared.pop()) {
        ++*item;
        ++taken;
      } else {
        std::this_thread::yield();
      }
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back(producer, 0);
  threads.emplace_back(producer, 1);
  threads.emplace_back(consumer);
  threads.emplace_back(consumer);
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(std::all_of(counts.begin(), counts.end(), [](int n) { return n == 1; }));
}

TEST_CASE("a lane runs at most its width at once, in order") {
  struct Task final : LaneTask {
    void run_in_lane() noexcept override { ++*runs; }
    int* runs = nullptr;
  };
  ManualScheduler scheduler;
  Lane lane(scheduler, 2);
  int runs = 0;
  Task tasks[5];
  for (Task& task : tasks) {
    task.runs = &runs;
    lane.submit(task);
  }
  CHECK(scheduler.ready.size() == 2);
  CHECK_FALSE(lane.idle());
  while (!scheduler.ready.empty()) {
    scheduler.run_one();
    CHECK(scheduler.ready.size() <= 2);
  }
  CHECK(runs == 5);
  CHECK(lane.idle());
}

TEST_CASE("sleeping workers wake for each task") {
  core::SystemClock clock;
  Pool pool(2);
  Strand strand(pool.workers, clock);
  for (int round = 0; round < 300; ++round) {
    std::atomic<bool> ran{false};
    Job job([&] { ran = true; });
    strand.post(job);
    REQUIRE(eventually([&] { return ran && strand.idle(); }));
  }
}

TEST_CASE("spare workers come up to the cap and go again") {
  core::SystemClock clock;
  Pool pool(1);
  CHECK(pool.workers.alive() == 1);
  CHECK(pool.workers.add_spare());
  CHECK(pool.workers.add_spare());
  Strand strand(pool.workers, clock);
  CHECK(eventually([&] {
    std::atomic<bool> ran{false};
    Job job([&] { ran = true; });
    strand.post(job);  // wakes them, so that they see that they are too many
    return eventually([&] { return ran && strand.idle(); }) && pool.workers.alive() == 1;
  }));
}

TEST_CASE("workers that have not begun yet are waited for") {
  for (int round = 0; round < 200; ++round) {
    auto pool = std::make_unique<Pool>(4);
    pool.reset();  // a thread that begins only now would find nothing
  }
}

TEST_CASE("after: unknown names and circles are spelled out") {
  CHECK(check_order({{"a", {"b"}}, {"b", {}}}, {}));
  CHECK(check_order({{"a", {"old"}}}, {"old"}));
  CHECK(check_order({{"a", {"x"}}}, {}).error().about ==
        R"(a starts after "x", which does not exist)");
  CHECK(check_order({{"a", {"a"}}}, {}).error().about == "after goes in a circle: a after a");
  CHECK(check_order({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}, {"d", {"a"}}}, {}).error().code ==
        core::Errc::kConfigInvalid);
}
