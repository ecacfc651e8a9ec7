#include "plugin_host/lane.h"

#include <utility>

namespace runard::plugin_host {

Lane::Lane(Scheduler& scheduler, std::uint32_t width) : scheduler_(scheduler), turns_(width) {
  for (Turn& turn : turns_) {
    turn.lane = this;
    free_.push_back(&turn);
  }
}

void Lane::submit(LaneTask& task) {
  Turn* turn = nullptr;
  {
    const std::lock_guard lock(mutex_);
    task.next_in_lane_ = nullptr;
    (newest_ == nullptr ? oldest_ : newest_->next_in_lane_) = &task;
    newest_ = &task;
    if (!free_.empty()) {
      turn = free_.back();
      free_.pop_back();
    }
  }
  if (turn != nullptr) {
    scheduler_.submit(*turn);
  }
}

bool Lane::idle() const {
  const std::lock_guard lock(mutex_);
  return free_.size() == turns_.size() && oldest_ == nullptr;
}

// One task a turn, so that lanes of other instances get theirs.
void Lane::run(Turn& turn) {
  LaneTask* task = nullptr;
  {
    const std::lock_guard lock(mutex_);
    task = std::exchange(oldest_, oldest_ == nullptr ? nullptr : oldest_->next_in_lane_);
    newest_ = oldest_ == nullptr ? nullptr : newest_;
  }
  if (task != nullptr) {
    task->run_in_lane();
  }
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    more = oldest_ != nullptr;
    if (!more) {
      free_.push_back(&turn);
    }
  }
  if (more) {
    scheduler_.submit(turn);
  }
}

}  // namespace runard::plugin_host
