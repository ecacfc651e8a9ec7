#include "plugin_host/workers.h"

#include <system_error>
#include <thread>

#include "core/check.h"

namespace runard::plugin_host {
namespace {

constexpr int kSpins = 64;  // looks at the queue before sleeping: a wake-up costs microseconds

}  // namespace

Workers::Workers(const Options& options, ThreadList& threads)
    : options_(options), threads_(threads), queue_(options.queue) {}

Workers::~Workers() = default;

void Workers::start(const std::shared_ptr<void>& keep_alive) {
  keep_alive_ = keep_alive;
  for (std::uint32_t i = 0; i < options_.threads; ++i) {
    alive_.fetch_add(1);
    RUNARD_CHECK(spawn() || i > 0);  // without a single thread there is no service to run
  }
}

bool Workers::spawn() {
  threads_.announce(ThreadRole::kWorker);
  try {
    std::thread([this, alive = keep_alive_.lock()] {
      const ThreadScope scope(threads_, ThreadRole::kWorker);
      work();
    }).detach();  // ThreadList::wait_none() joins
    return true;
  } catch (const std::system_error&) {  // the system's limit of threads
    threads_.renounce(ThreadRole::kWorker);
    alive_.fetch_sub(1);
    return false;
  }
}

bool Workers::stop(core::Duration patience) {
  stopping_.store(true);
  parking_.wake_all();
  return threads_.wait_none(ThreadRole::kWorker, patience);
}

void Workers::submit(Runnable& work) {
  // The owner sizes the queue for all that can be runnable at once, so it is never full.
  RUNARD_CHECK(queue_.push(&work));
  if (!core::Burst::hold(*this)) {
    parking_.wake_one();
  }
}

void Workers::wake(std::uint32_t most) {
  for (; most > 0 && has_work(); --most) {
    parking_.wake_one();
  }
}

bool Workers::add_spare() {
  std::uint32_t alive = alive_.load();
  do {
    if (alive >= options_.threads + options_.spares || stopping_.load()) {
      return false;
    }
  } while (!alive_.compare_exchange_weak(alive, alive + 1));
  return spawn();
}

bool Workers::retire_if_surplus() {
  std::uint32_t alive = alive_.load();
  do {
    if (alive <= options_.threads + stalled_.load(std::memory_order_relaxed)) {
      return false;
    }
  } while (!alive_.compare_exchange_weak(alive, alive - 1));
  return true;
}

Runnable* Workers::next(Parking::Spot& spot) {
  while (true) {
    for (int i = 0; i < kSpins; ++i) {
      if (Runnable* const work = queue_.pop()) {
        return work;
      }
    }
    parking_.announce(spot);
    if (Runnable* const work = queue_.pop()) {
      if (!parking_.withdraw(spot) && has_work()) {
        parking_.wake_one();  // in our stead
      }
      return work;
    }
    if (stopping_.load() || retire_if_surplus()) {
      if (!parking_.withdraw(spot)) {
        parking_.wake_one();
      }
      return nullptr;
    }
    parking_.sleep(spot);
  }
}

void Workers::work() {
  Parking::Spot spot;
  while (Runnable* const work = next(spot)) {
    work->run();
  }
}

}  // namespace runard::plugin_host
