#include "transport/mailbox.h"

#include <utility>

namespace runard::transport {
namespace {

// Another thread has just written it: what is behind its first line comes while the list is walked.
void prefetch(const Letter& letter) {
  for (std::size_t line = 1; line <= 3; ++line) {
    __builtin_prefetch(reinterpret_cast<const char*>(&letter) + line * 64);
  }
}

}  // namespace

void Mailbox::set_wake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Mailbox::push(Letter& letter) {
  Letter* head = head_.load(std::memory_order_relaxed);
  do {
    letter.next = head;
  } while (!head_.compare_exchange_weak(head, &letter));
  wake();
}

void Mailbox::post(core::Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    has_tasks_.store(true);
  }
  wake();
}

void Mailbox::wake() {
  // Pairs with may_sleep(): either it sees what was pushed, or this sees that it sleeps.
  if (awake_.load() || awake_.exchange(true)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (wake_) {
    wake_();
  }
}

Letter* Mailbox::take() {
  Letter* letter =
      head_.load(std::memory_order_relaxed) == nullptr ? nullptr : head_.exchange(nullptr);
  Letter* reversed = nullptr;
  while (letter != nullptr) {
    Letter* next = letter->next;
    prefetch(*letter);
    letter->next = reversed;
    reversed = letter;
    letter = next;
  }
  return reversed;
}

std::vector<core::Task> Mailbox::tasks() {
  if (!has_tasks_.load()) {
    return {};
  }
  const std::lock_guard lock(mutex_);
  has_tasks_.store(false);
  return std::exchange(tasks_, {});
}

bool Mailbox::may_sleep() {
  awake_.store(false);
  if (head_.load() == nullptr && !has_tasks_.load()) {
    return true;
  }
  awake_.store(true);
  return false;
}

}  // namespace runard::transport
