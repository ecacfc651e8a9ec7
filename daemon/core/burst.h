// Burst: while one is open on a thread, the threads that its work makes runnable are woken at its
// end, so that a batch costs one wake-up instead of one each, and the woken find all of it.
//
// Only around code that does not wait for those threads. Threading: of the thread that opened it.
#pragma once

#include <cstdint>

namespace runard::core {

class Burst {
 public:
  class Sleepers {
   public:
    // As many as there may be work for. From the thread whose burst ends.
    virtual void wake(std::uint32_t most) = 0;

   protected:
    ~Sleepers() = default;
  };

  Burst() : outer_(open_) { open_ = this; }
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;
  ~Burst();

  // One of them is to be woken at the end of the burst, until which they live. False: no burst is
  // open on this thread, or one for others; wake it now.
  static bool hold(Sleepers& sleepers);

 private:
  static thread_local constinit Burst* open_;  // NOLINT(readability-identifier-naming): a member
  Burst* const outer_;
  Sleepers* sleepers_ = nullptr;
  std::uint32_t count_ = 0;
};

}  // namespace runard::core
