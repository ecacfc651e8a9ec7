#include "pubsub/queue.h"

#include <algorithm>
#include <unordered_set>

namespace runard::pubsub {
namespace {
constexpr std::size_t kEventOverhead = 256;  // what an event costs besides its payload, roughly
}

Queue::Queue(rpc::SubscribeOptions options, rpc::EventConsumer& consumer, bool replaying)
    : options_(std::move(options)), consumer_(&consumer), replaying_(replaying) {}

std::size_t Queue::size_of(const rpc::StoredEvent& event) {
  return event.payload.bytes.size() + kEventOverhead;
}

bool Queue::fits_locked(std::size_t bytes) const {
  const std::size_t count = items_.size() + taken_ + reserved_;
  // One event always fits, however large: else it could never be delivered.
  return count == 0 || (count < options_.queue_limit && bytes_ + bytes <= options_.queue_bytes);
}

bool Queue::reserve(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (closed() || !fits_locked(bytes + kEventOverhead)) {
    return closed();  // a closed queue takes and forgets
  }
  ++reserved_;
  bytes_ += bytes + kEventOverhead;
  return true;
}

void Queue::unreserve(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (reserved_ > 0) {
    --reserved_;
    bytes_ -= bytes + kEventOverhead;
  }
}

void Queue::drop_locked(std::size_t count) {
  dropped_.fetch_add(count, std::memory_order_relaxed);
  gap_ = true;
}

bool Queue::make_room_locked(std::size_t bytes) {
  switch (options_.overflow) {
    case rpc::Overflow::kDropOldest:
      while (!items_.empty() && !fits_locked(bytes)) {
        bytes_ -= size_of(*items_.front().event);
        items_.pop_front();
        drop_locked(1);
        if (!items_.empty()) {
          items_.front().flags |= rpc::kEventGap;
          gap_ = false;
        }
      }
      if (fits_locked(bytes)) {
        return true;
      }
      drop_locked(1);  // all room is in the consumer's hands
      return false;
    case rpc::Overflow::kDisconnect:
      closed_.store(true, std::memory_order_release);
      items_.clear();
      drop_locked(1);
      return false;
    default:
      drop_locked(1);
      return false;
  }
}

void Queue::append_locked(const rpc::EventPtr& event, std::uint32_t flags) {
  items_.push_back({event, flags | (gap_ ? static_cast<std::uint32_t>(rpc::kEventGap) : 0U)});
  gap_ = false;
}

bool Queue::push(const rpc::EventPtr& event, std::uint32_t flags, bool reserved) {
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = size_of(*event);
  if (reserved && reserved_ > 0) {
    --reserved_;
    bytes_ -= bytes;
  }
  if (closed()) {
    return false;
  }
  const bool was_empty = items_.empty();
  const bool taken = fits_locked(bytes) || make_room_locked(bytes);
  if (taken) {
    append_locked(event, flags);
    bytes_ += bytes;
  }
  if (!replaying_ && ((taken && was_empty) || closed())) {
    wake_locked();
  }
  return taken;
}

void Queue::replay(const std::vector<rpc::EventPtr>& past) {
  const std::lock_guard lock(mutex_);
  std::unordered_set<const rpc::StoredEvent*> live;
  for (const Item& item : items_) {
    live.insert(item.event.get());
  }
  // Newest first, so that what does not fit is the oldest.
  for (auto event = past.rbegin(); event != past.rend(); ++event) {
    const std::size_t bytes = size_of(**event);
    if (live.contains(event->get())) {
      continue;
    }
    if (!fits_locked(bytes)) {
      dropped_.fetch_add(static_cast<std::uint64_t>(past.rend() - event),
                         std::memory_order_relaxed);
      break;
    }
    items_.push_front({*event, rpc::kRetainedEvent});
    bytes_ += bytes;
  }
  replaying_ = false;
  if (!items_.empty()) {
    wake_locked();
  }
}

void Queue::close() {
  const std::lock_guard lock(mutex_);
  closed_.store(true, std::memory_order_release);
  wake_locked();
}

void Queue::detach() {
  const std::lock_guard lock(mutex_);
  closed_.store(true, std::memory_order_release);
  consumer_ = nullptr;
  items_.clear();
}

void Queue::wake_locked() {
  if (consumer_ != nullptr) {
    consumer_->ready();
  }
}

bool Queue::pop(rpc::Delivery& out) {
  const std::lock_guard lock(mutex_);
  if (items_.empty() || replaying_) {
    return false;
  }
  Item item = std::move(items_.front());
  items_.pop_front();
  out.event = std::move(item.event);
  out.flags = item.flags;
  out.token = next_token_++;
  ++taken_;
  in_hand_.emplace_back(out.token, size_of(*out.event));
  return true;
}

void Queue::done(std::uint64_t token, rpc::Verdict verdict) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(in_hand_.begin(), in_hand_.end(),
                               [token](const auto& d) { return d.first == token; });
  if (at == in_hand_.end()) {
    return;
  }
  bytes_ -= at->second;
  in_hand_.erase(at);
  --taken_;
  if (verdict != rpc::Verdict::kOk) {
    drop_locked(1);  // only a guaranteed event is delivered again
  }
}

}  // namespace runard::pubsub
