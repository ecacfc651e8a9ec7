// ThreadExecutor: a strand with a thread of its own and real time.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "core/executor.h"

namespace runard::test {

using namespace std::chrono_literals;

// Polls until the condition holds, for at most ten seconds.
bool eventually(const std::function<bool()>& condition);

class ThreadExecutor final : public core::Executor {
 public:
  ThreadExecutor();
  ~ThreadExecutor() override;
  void post(core::Task task) override;
  core::TimerId after(core::Duration delay, core::Task task) override;
  void cancel(core::TimerId timer) override;
  // Runs it there and waits.
  void run(const std::function<void()>& task);

 private:
  void work();
  using Due = std::pair<std::chrono::steady_clock::time_point, core::TimerId>;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Due, core::Task> tasks_;
  core::TimerId last_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace runard::test
