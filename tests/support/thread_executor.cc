#include "support/thread_executor.h"

#include <future>

namespace runard::test {

bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) {
      return false;
    }
    std::this_thread::sleep_for(1ms);  // between two looks at the condition
  }
  return true;
}

ThreadExecutor::ThreadExecutor() : thread_([this] { work(); }) {}

ThreadExecutor::~ThreadExecutor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

void ThreadExecutor::post(core::Task task) {
  after(0ns, std::move(task));
}

core::TimerId ThreadExecutor::after(core::Duration delay, core::Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.emplace(Due{std::chrono::steady_clock::now() + delay, ++last_}, std::move(task));
  wake_.notify_one();
  return last_;
}

void ThreadExecutor::cancel(core::TimerId timer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(tasks_, [timer](const auto& task) { return task.first.second == timer; });
}

void ThreadExecutor::run(const std::function<void()>& task) {
  std::promise<void> done;
  post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void ThreadExecutor::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto due = tasks_.begin()->first.first;
    if (due > std::chrono::steady_clock::now()) {
      wake_.wait_until(lock, due);
      continue;
    }
    core::Task task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    lock.unlock();
    task();
    task = {};
    lock.lock();
  }
}

}  // namespace runard::test
