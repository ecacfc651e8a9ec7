// Resolver: names to addresses, on a few helper threads, so that a name server that does not answer
// delays neither links nor other names. Bounded: kMostWaiting names wait, more are refused.
// Any thread. The destructor waits for look-ups in progress.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/function.h"
#include "transport/address.h"

namespace runard::transport {

class Resolver {
 public:
  static constexpr std::size_t kThreads = 4;
  static constexpr std::size_t kMostWaiting = 256;
  // On a helper thread. Empty: the name has no address.
  using Done = core::UniqueFunction<void(std::vector<Address>)>;

  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // False: too many wait.
  bool resolve(HostPort name, Done done);

 private:
  struct Job {
    HostPort name;
    Done done;
  };
  void run();

  std::mutex mutex_;  // protects what follows
  std::condition_variable work_;
  std::deque<Job> jobs_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace runard::transport
