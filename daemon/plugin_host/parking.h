// Parking: where worker threads without work sleep. The last to come is the first to be woken: its
// caches are warm, and when there is work for one thread the others are left alone.
//
// A thread announces itself, looks for work once more, and then sleeps or withdraws. Whoever brings
// work makes it visible first and calls wake_one() then, so one of the two sees the other.
// Threading: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace runard::plugin_host {

class Parking {
 public:
  // One for each thread, for as long as it works.
  class Spot {
    friend class Parking;
    std::atomic<std::uint32_t> woken_{0};
  };

  void announce(Spot& spot);
  // False: it was woken already, by somebody who now counts on it.
  bool withdraw(Spot& spot);
  void sleep(Spot& spot);

  // Costs next to nothing when nobody sleeps.
  void wake_one();
  void wake_all();

 private:
  std::atomic<std::uint32_t> count_{0};
  std::mutex mutex_;  // protects what follows
  std::vector<Spot*> spots_;
};

}  // namespace runard::plugin_host
