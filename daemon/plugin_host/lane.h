// Lane: what of one instance may run concurrently (PARALLEL, BLOCKING), at most `width` at once.
//
// So an instance whose handlers all wait can't take every thread of the pool. Tasks wait in order.
// Threading: submit() from any thread. Lifetime: outlives its tasks; idle() tells when it has none.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "plugin_host/scheduler.h"

namespace runard::plugin_host {

class LaneTask {
 public:
  virtual void run_in_lane() noexcept = 0;

 protected:
  ~LaneTask() = default;

 private:
  friend class Lane;
  LaneTask* next_in_lane_ = nullptr;
};

class Lane {
 public:
  Lane(Scheduler& scheduler, std::uint32_t width);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void submit(LaneTask& task);
  bool idle() const;

 private:
  // A right to run; in the scheduler's queue, running or free.
  struct Turn final : Runnable {
    void run() noexcept override { lane->run(*this); }
    Lane* lane = nullptr;
  };
  void run(Turn& turn);

  Scheduler& scheduler_;
  mutable std::mutex mutex_;  // protects all below
  std::vector<Turn> turns_;
  std::vector<Turn*> free_;
  LaneTask* oldest_ = nullptr;
  LaneTask* newest_ = nullptr;
};

}  // namespace runard::plugin_host
