#include "transport/resolver.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <mutex>

using namespace runard::transport;
using namespace std::chrono_literals;

namespace {

// What came, and waiting for it.
class Answers {
 public:
  Resolver::Done taker() {
    return [this](std::vector<Address> found) {
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(found));
      came_.notify_one();
    };
  }
  bool wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, 30s, [&] { return all_.size() >= count; });
  }
  std::vector<std::vector<Address>> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::vector<Address>> all_;
};

std::vector<Address> one() {
  return {*Address::parse("10.0.0.5:1")};
}

}  // namespace

TEST_CASE("names are resolved on helper threads, unknown ones to nothing") {
  Answers known;
  Answers unknown;
  Resolver resolver;
  REQUIRE(resolver.resolve({"localhost", 8889}, known.taker()));
  REQUIRE(resolver.resolve({"no-such-name.invalid", 8889}, unknown.taker()));
  REQUIRE(known.wait(1));
  REQUIRE(unknown.wait(1));
  REQUIRE_FALSE(known.all()[0].empty());
  CHECK(known.all()[0][0].port() == 8889);
  CHECK(unknown.all()[0].empty());
}

TEST_CASE("a name is looked up each time it is asked for") {
  std::atomic<int> times{0};
  Answers answers;
  Resolver resolver([&](const std::string& host) {
    CHECK(host == "node-b.example");
    ++times;
    return one();
  });
  for (std::size_t i = 1; i <= 3; ++i) {
    REQUIRE(resolver.resolve({"node-b.example", 8889}, answers.taker()));
    REQUIRE(answers.wait(i));
  }
  CHECK(times == 3);
  CHECK(answers.all()[2][0].text() == "10.0.0.5:8889");
}

TEST_CASE("a name server that hangs holds up no other name") {
  std::latch release(1);
  Answers slow;
  Answers fast;
  Resolver resolver([&](const std::string& host) {
    if (host == "slow") {
      release.wait();
    }
    return one();
  });
  for (std::size_t i = 0; i + 1 < Resolver::kThreads; ++i) {
    REQUIRE(resolver.resolve({"slow", 1}, slow.taker()));
  }
  REQUIRE(resolver.resolve({"fast", 1}, fast.taker()));
  CHECK(fast.wait(1));
  CHECK(slow.all().empty());
  release.count_down();
  CHECK(slow.wait(Resolver::kThreads - 1));
}

TEST_CASE("look-ups that wait are bounded") {
  std::latch release(1);
  Answers answers;
  Resolver resolver([&](const std::string&) {
    release.wait();
    return one();
  });
  std::size_t taken = 0;
  for (std::size_t i = 0; i < Resolver::kMostWaiting + 2 * Resolver::kThreads; ++i) {
    taken += resolver.resolve({"slow", 1}, answers.taker()) ? 1 : 0;
  }
  CHECK(taken >= Resolver::kMostWaiting);
  CHECK(taken <= Resolver::kMostWaiting + Resolver::kThreads);
  release.count_down();
  CHECK(answers.wait(taken));
}

TEST_CASE("a resolver goes without waiting for a name server, and its answer never comes") {
  struct Shared {
    std::latch entered{1};
    std::latch release{1};
    std::latch over{1};
  };
  const auto shared = std::make_shared<Shared>();
  bool answered = false;
  {
    Resolver resolver([shared](const std::string&) {
      shared->entered.count_down();
      shared->release.wait();
      shared->over.count_down();
      return one();
    });
    REQUIRE(resolver.resolve({"slow", 1}, [&](const auto&) { answered = true; }));
    shared->entered.wait();
  }
  shared->release.count_down();
  shared->over.wait();
  CHECK_FALSE(answered);
}
