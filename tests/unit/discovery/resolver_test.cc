#include "discovery/resolver.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <deque>
#include <latch>
#include <mutex>

using namespace runard;
using discovery::Resolver;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

// A strand that the test turns by hand.
class HandStrand final : public core::Executor {
 public:
  void post(core::Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_all();
  }
  core::TimerId after(core::Duration, core::Task) override { return 0; }
  void cancel(core::TimerId) override {}

  bool run_one(std::chrono::milliseconds deadline = 10s) {
    std::unique_lock lock(mutex_);
    if (!posted_.wait_for(lock, deadline, [&] { return !tasks_.empty(); })) {
      return false;
    }
    core::Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<core::Task> tasks_;
};

}  // namespace

TEST_CASE("numeric addresses need no look-up") {
  HandStrand strand;
  Resolver resolver(strand, [](const auto&, auto) -> core::Result<Texts> {
    FAIL("nobody should ask");
    return Texts();
  });
  Texts got;
  resolver.resolve({"10.0.0.5:1", "[fd00::5]:2"}, [&](auto found) { got = *found; });
  CHECK(got.empty());  // never inside the call
  REQUIRE(strand.run_one(0ms));
  CHECK(got == Texts{"10.0.0.5:1", "[fd00::5]:2"});
}

TEST_CASE("a name is looked up each time, and all its addresses are given") {
  HandStrand strand;
  std::atomic<int> asked{0};
  Resolver resolver(strand,
                    [&](const std::string& host, std::uint16_t port) -> core::Result<Texts> {
                      ++asked;
                      CHECK(host == "node-b.example");
                      CHECK(port == 8889);
                      return Texts{"10.0.0.5:8889", "[fd00::5]:8889"};
                    });
  for (int i = 1; i <= 3; ++i) {
    Texts got;
    resolver.resolve({"node-b.example:8889"}, [&](auto found) { got = *found; });
    REQUIRE(strand.run_one());
    CHECK(got.size() == 2);
    CHECK(asked == i);
  }
}

TEST_CASE("a name that is not known fails, unless another address is there") {
  HandStrand strand;
  Resolver resolver(strand, [](const auto&, auto) -> core::Result<Texts> {
    return core::fail(core::Errc::kAddressUnusable, "no such host");
  });
  core::Errc code{};
  resolver.resolve({"nowhere:1"}, [&](auto found) { code = found.error().code; });
  REQUIRE(strand.run_one());
  CHECK(code == core::Errc::kAddressUnusable);

  Texts got;
  resolver.resolve({"nowhere:1", "10.0.0.5:1"}, [&](auto found) { got = *found; });
  REQUIRE(strand.run_one());
  CHECK(got == Texts{"10.0.0.5:1"});

  resolver.resolve({}, [&](auto found) { code = found.error().code; });
  REQUIRE(strand.run_one());
}

TEST_CASE("a name server that hangs holds up neither numeric addresses nor other names") {
  HandStrand strand;
  std::latch release(1);
  Resolver resolver(strand, [&](const std::string& host, std::uint16_t) -> core::Result<Texts> {
    if (host == "slow") {
      release.wait();
    }
    return Texts{"10.0.0.5:1"};
  });
  int slow = 0;
  int fast = 0;
  resolver.resolve({"slow:1"}, [&](auto) { ++slow; });
  resolver.resolve({"fast:1"}, [&](auto) { ++fast; });
  resolver.resolve({"10.0.0.5:1"}, [&](auto) { ++fast; });
  REQUIRE(strand.run_one());
  REQUIRE(strand.run_one());
  CHECK(fast == 2);
  CHECK(slow == 0);
  release.count_down();
  REQUIRE(strand.run_one());
  CHECK(slow == 1);
}

TEST_CASE("look-ups that wait are bounded") {
  HandStrand strand;
  std::latch release(1);
  int overloaded = 0;
  int answered = 0;
  {
    Resolver resolver(strand, [&](const auto&, auto) -> core::Result<Texts> {
      release.wait();
      return Texts{"10.0.0.5:1"};
    });
    const std::size_t most = Resolver::kMaxWaiting + Resolver::kThreads;
    for (std::size_t i = 0; i < most + 50; ++i) {
      resolver.resolve({"slow:1"}, [&](auto found) {
        ++answered;
        overloaded += found.has_error() && found.error().code == core::Errc::kOverloaded ? 1 : 0;
      });
    }
    release.count_down();
    for (std::size_t i = 0; i < most + 50; ++i) {
      REQUIRE(strand.run_one());
    }
    CHECK(overloaded >= 50);
    CHECK(answered == static_cast<int>(most + 50));
  }
}

TEST_CASE("a resolver goes without waiting for a name server, and its answer never comes") {
  HandStrand strand;
  auto release = std::make_shared<std::latch>(1);
  auto entered = std::make_shared<std::latch>(1);
  {
    Resolver resolver(strand, [release, entered](const auto&, auto) -> core::Result<Texts> {
      entered->count_down();
      release->wait();
      return Texts{"10.0.0.5:1"};
    });
    resolver.resolve({"slow:1"}, [](auto) { FAIL("answered after its end"); });
    entered->wait();
  }
  release->count_down();
  CHECK_FALSE(strand.run_one(20ms));
}

TEST_CASE("the system knows localhost") {
  const auto found = Resolver::system_lookup("localhost", 8889);
  REQUIRE(found.has_value());
  for (const std::string& text : *found) {
    CHECK((text == "127.0.0.1:8889" || text == "[::1]:8889"));
  }
  CHECK(Resolver::system_lookup("", 0).has_value() == false);
}
