#include "plugin_host/parking.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <thread>

using runard::plugin_host::Parking;

TEST_CASE("the thread that came last is woken first") {
  Parking parking;
  Parking::Spot first;
  Parking::Spot second;
  parking.announce(first);
  parking.announce(second);
  parking.wake_one();
  parking.sleep(second);  // returns at once
  CHECK(parking.withdraw(first));
  CHECK_FALSE(parking.withdraw(second));
}

TEST_CASE("who withdraws learns whether somebody counts on it") {
  Parking parking;
  Parking::Spot spot;
  parking.wake_one();  // nobody is there
  parking.announce(spot);
  CHECK(parking.withdraw(spot));
  parking.announce(spot);
  parking.wake_one();
  CHECK_FALSE(parking.withdraw(spot));
}

TEST_CASE("no piece of work is lost between those who bring it and those who sleep") {
  constexpr int kEach = 20'000;
  Parking parking;
  std::atomic<int> work{0};
  std::atomic<int> done{0};
  std::atomic<bool> over{false};
  const auto take = [&work] {
    int left = work.load();
    while (left > 0 && !work.compare_exchange_weak(left, left - 1)) {
    }
    return left > 0;
  };
  const auto worker = [&] {
    Parking::Spot spot;
    while (!over.load()) {
      while (take()) {
        done.fetch_add(1);
      }
      parking.announce(spot);
      if (work.load() > 0 || over.load()) {
        if (!parking.withdraw(spot)) {
          parking.wake_one();
        }
        continue;
      }
      parking.sleep(spot);
    }
  };
  std::array<std::thread, 3> workers{std::thread(worker), std::thread(worker), std::thread(worker)};
  const auto bring = [&] {
    for (int i = 0; i < kEach; ++i) {
      work.fetch_add(1);
      parking.wake_one();
    }
  };
  std::thread other(bring);
  bring();
  other.join();
  while (done.load() < 2 * kEach) {
    std::this_thread::yield();
  }
  over.store(true);
  parking.wake_all();
  for (std::thread& thread : workers) {
    thread.join();
  }
  CHECK(done.load() == 2 * kEach);
}
