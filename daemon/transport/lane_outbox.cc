#include "transport/lane_outbox.h"

#include <utility>

namespace runard::transport {

core::Result<void> LaneOutbox::publish(Mailbox& mailbox, const OutgoingEvent& event) {
  bool post = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return core::fail(core::Errc::kLinkLost, "", core::Executed::kNo);
    }
    // An empty lane takes any event, so that the limit need not fit the largest one.
    const std::size_t held = held_.load(std::memory_order_relaxed);
    if (held > 0 && held + event.payload.size() > limit_) {
      return core::fail(core::Errc::kBackpressure, "lane", core::Executed::kNo);
    }
    const std::size_t before = staged_.size();
    const auto put =
        wire::put_event(event.header, event.meta, event.groups, event.payload.size(), staged_);
    if (!put) {
      return put;
    }
    staged_.insert(staged_.end(), event.payload.begin(), event.payload.end());
    held_.fetch_add(staged_.size() - before, std::memory_order_relaxed);
    if (posted_ == nullptr) {
      posted_ = shared_from_this();
      post = true;
    }
  }
  if (post) {
    mailbox.push(*this);
  }
  return {};
}

core::Bytes LaneOutbox::take(core::Bytes empty) {
  std::shared_ptr<LaneOutbox> self;  // let go after the lock
  const std::lock_guard lock(mutex_);
  self = std::move(posted_);
  return std::exchange(staged_, std::move(empty));
}

void LaneOutbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  staged_ = {};
}

}  // namespace runard::transport
