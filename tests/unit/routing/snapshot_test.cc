#include "routing/snapshot.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <list>
#include <thread>

using namespace runard::routing;

namespace {
std::shared_ptr<const int> number(int value) {
  return std::make_shared<const int>(value);
}
}  // namespace

TEST_CASE("a reader sees what was published last") {
  Snapshot<int> snapshot;
  CHECK_FALSE(static_cast<bool>(snapshot.read()));
  snapshot.publish(number(1));
  CHECK(*snapshot.read() == 1);
  snapshot.publish(number(2));
  CHECK(*snapshot.read() == 2);
  CHECK(*snapshot.keep() == 2);
}

TEST_CASE("what a guard looks at stays valid while something newer is published") {
  auto first = number(1);
  const std::weak_ptr<const int> watch = first;
  Snapshot<int> snapshot(std::move(first));
  {
    const auto outer = snapshot.read();
    snapshot.publish(number(2));
    {
      const auto inner = snapshot.read();
      CHECK(*inner == 2);
      CHECK(*outer == 1);
    }
    CHECK(*snapshot.read() == 2);
    CHECK(*outer == 1);
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}

TEST_CASE("a guard outlives its publisher") {
  auto snapshot = std::make_unique<Snapshot<int>>(number(1));
  const auto guard = snapshot->read();
  snapshot.reset();
  CHECK(*guard == 1);
}

TEST_CASE("a thread's reference goes when it reads something newer") {
  auto first = number(1);
  const std::weak_ptr<const int> watch = first;
  Snapshot<int> snapshot(std::move(first));
  CHECK(*snapshot.read() == 1);
  snapshot.publish(number(2));
  CHECK_FALSE(watch.expired());  // this thread has not read since
  CHECK(*snapshot.read() == 2);
  CHECK(watch.expired());
}

TEST_CASE("a thread that forgets holds nothing") {
  auto first = number(1);
  const std::weak_ptr<const int> watch = first;
  Snapshot<int> snapshot(std::move(first));
  CHECK(*snapshot.read() == 1);
  snapshot.publish(number(2));
  SECTION("one publisher's") {
    snapshot.forget();
  }
  SECTION("all publishers'") {
    Snapshot<int>::forget_all();
  }
  CHECK(watch.expired());
}

TEST_CASE("forgetting leaves alone what a guard looks at") {
  const Snapshot<int> snapshot(number(1));
  const auto guard = snapshot.read();
  snapshot.forget();
  CHECK(*guard == 1);
}

TEST_CASE("a thread that ends holds nothing") {
  auto first = number(1);
  const std::weak_ptr<const int> watch = first;
  Snapshot<int> snapshot(std::move(first));
  std::thread([&] { CHECK(*snapshot.read() == 1); }).join();
  snapshot.publish(nullptr);
  CHECK(watch.expired());
}

TEST_CASE("publishers don't mix, not even one at the address of another") {
  for (int i = 0; i < 100; ++i) {
    const Snapshot<int> one(number(i));
    const Snapshot<int> two(number(-i));
    CHECK(*one.read() == i);
    CHECK(*two.read() == -i);
  }
}

TEST_CASE("with more publishers than a thread has holds, all still read right") {
  std::list<Snapshot<int>> snapshots;
  for (int i = 0; i < 40; ++i) {
    snapshots.emplace_back(number(i));
  }
  for (int round = 0; round < 3; ++round) {
    int i = 0;
    for (const auto& snapshot : snapshots) {
      CHECK(*snapshot.read() == i++);
    }
  }
}

namespace {
// Reads all of them at once, one guard inside the other.
int sum_nested(std::list<Snapshot<int>>::const_iterator at,
               std::list<Snapshot<int>>::const_iterator end) {
  if (at == end) {
    return 0;
  }
  const auto guard = at->read();
  const int rest = sum_nested(std::next(at), end);
  return *guard + rest;
}
}  // namespace

TEST_CASE("guards nest deeper than a thread has holds") {
  std::list<Snapshot<int>> snapshots;
  for (int i = 0; i < 40; ++i) {
    snapshots.emplace_back(number(i));
  }
  CHECK(sum_nested(snapshots.begin(), snapshots.end()) == 40 * 39 / 2);
}

TEST_CASE("a publisher that is gone leaves nothing behind once the thread reads on") {
  auto value = number(1);
  const std::weak_ptr<const int> watch = value;
  {
    const Snapshot<int> gone(std::move(value));
    CHECK(*gone.read() == 1);
  }
  CHECK_FALSE(watch.expired());
  const Snapshot<int> other(number(2));
  CHECK(*other.read() == 2);
  CHECK(watch.expired());
}

TEST_CASE("a value whose destructor reads snapshots is let go of safely") {
  struct Reader {
    const Snapshot<int>* other;
    ~Reader() { static_cast<void>(*other->read()); }
  };
  std::list<Snapshot<int>> others;
  std::list<Snapshot<Reader>> readers;
  for (int i = 0; i < 40; ++i) {
    others.emplace_back(number(i));
    readers.emplace_back(std::make_shared<const Reader>(&others.back()));
  }
  for (int round = 0; round < 3; ++round) {
    for (auto& reader : readers) {
      CHECK(reader.read()->other != nullptr);
      reader.publish(std::make_shared<const Reader>(&others.front()));
    }
  }
  Snapshot<int>::forget_all();
  for (const auto& other : others) {
    CHECK(other.read());
  }
}
