#include "pubsub/queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace runard::pubsub {
namespace {
constexpr std::size_t kEventOverhead = 256;  // what an event costs besides its payload, roughly
}

Queue::Queue(rpc::SubscribeOptions options, rpc::EventConsumer& consumer)
    : options_(std::move(options)), consumer_(&consumer) {}

std::size_t Queue::size_of(const rpc::StoredEvent& event) {
  return event.payload.bytes.size() + kEventOverhead;
}

bool Queue::fits_locked(std::size_t bytes, std::size_t more) const {
  const std::size_t count = items_.size() + taken_ + reserved_ + more;
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

void Queue::drop_locked(std::uint64_t count) {
  dropped_.fetch_add(count, std::memory_order_relaxed);
  gap_ = true;
}

bool Queue::make_room_locked(std::size_t bytes) {
  switch (options_.overflow) {
    case rpc::Overflow::kDropOldest:
      while (!items_.empty() && !fits_locked(bytes)) {
        take_off_front_locked();
        drop_locked(1);
        overtaken_.fetch_add(1, std::memory_order_relaxed);
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
      overtaken_.fetch_add(items_.size(), std::memory_order_relaxed);
      drop_locked(items_.size() + 1);
      items_.clear();
      held_ = 0;
      return false;
    default:
      drop_locked(1);
      return false;
  }
}

void Queue::take_off_front_locked() {
  bytes_ -= size_of(*items_.front().event);
  held_ -= items_.front().held ? 1 : 0;
  items_.pop_front();
}

void Queue::append_locked(const rpc::EventPtr& event, std::uint32_t flags, bool held) {
  const auto gap = std::exchange(gap_, false) ? std::uint32_t{rpc::kEventGap} : 0U;
  items_.push_back({event, flags | gap, held});
  bytes_ += size_of(*event);
  held_ += held ? 1 : 0;
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
  const auto source = sources_.empty() ? sources_.end() : sources_.find(event->source);
  const bool held = source != sources_.end() && source->second.waiting;
  if (source != sources_.end() && !held && !admit_locked(source->second, *event)) {
    return true;  // it came with the past
  }
  const bool was_empty = items_.size() == held_;
  const bool taken = fits_locked(bytes) || make_room_locked(bytes);
  if (taken) {
    append_locked(event, flags, held);
  }
  if ((was_empty && items_.size() > held_) || closed()) {
    wake_locked();
  }
  return taken;
}

bool Queue::admit_locked(Source& source, const rpc::StoredEvent& event) {
  const std::size_t before = source.seen.topics();
  const bool room = seen_ < kMaxSeen;
  const bool admitted = source.seen.admit(event, room);
  source.forgetful = source.forgetful || !room;
  seen_ += source.seen.topics() - before;
  return admitted;
}

std::uint64_t Queue::expect(const core::NodeId& node, std::uint64_t run) {
  const std::lock_guard lock(mutex_);
  Source& source = sources_[node];
  if (source.number != 0 && source.run != run) {
    seen_ -= source.seen.topics();
    source.seen = {};
    source.forgetful = false;
  }
  if (source.forgetful) {
    return 0;
  }
  source.run = run;
  source.waiting = true;
  source.number = ++last_number_;
  return source.number;
}

void Queue::replay(const core::NodeId& node, std::uint64_t number,
                   const std::vector<rpc::EventPtr>& past, std::uint64_t omitted) {
  const std::lock_guard lock(mutex_);
  const auto source = sources_.find(node);
  if (closed() || source == sources_.end() || source->second.number != number ||
      !source->second.waiting) {
    return;
  }
  std::vector<rpc::EventPtr> fresh;
  SeenEvents replayed;  // the source's own may be full
  for (const rpc::EventPtr& event : past) {
    if (admit_locked(source->second, *event) && replayed.admit(*event, true)) {
      fresh.push_back(event);
    }
  }
  const bool was_empty = items_.size() == held_;
  Items fitting = fitting_locked(fresh, omitted);
  const auto first = std::find_if(items_.begin(), items_.end(), [&](const Item& item) {
    return item.held && item.event->source == node;
  });
  items_.insert(first, std::make_move_iterator(fitting.begin()),
                std::make_move_iterator(fitting.end()));
  release_locked(node, replayed);
  if (node.is_zero()) {
    seen_ -= source->second.seen.topics();
    sources_.erase(source);  // never asked again
  }
  if (was_empty && items_.size() > held_) {
    wake_locked();
  }
}

// The newest of them that there is room for. They count from now on.
Queue::Items Queue::fitting_locked(const std::vector<rpc::EventPtr>& past, std::uint64_t lost) {
  Items fitting;
  for (auto event = past.rbegin(); event != past.rend(); ++event) {
    const std::size_t bytes = size_of(**event);
    if (!fits_locked(bytes, fitting.size())) {
      lost += static_cast<std::uint64_t>(past.rend() - event);
      break;
    }
    fitting.push_front({*event, (*event)->flags | rpc::kRetainedEvent, false});
    bytes_ += bytes;
  }
  if (lost > 0) {
    drop_locked(lost);
  }
  if (!fitting.empty() && std::exchange(gap_, false)) {
    fitting.front().flags |= rpc::kEventGap;
  }
  return fitting;
}

// What came live while the past was awaited, but for what came with it.
void Queue::release_locked(const core::NodeId& node, SeenEvents& replayed) {
  Source& source = sources_.at(node);
  source.waiting = false;
  std::erase_if(items_, [&](Item& item) {
    if (!item.held || item.event->source != node) {
      return false;
    }
    item.held = false;
    --held_;
    const bool fresh = admit_locked(source, *item.event) && replayed.admit(*item.event, true);
    bytes_ -= fresh ? 0 : size_of(*item.event);
    return !fresh;
  });
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
  held_ = 0;
}

void Queue::wake_locked() {
  if (consumer_ != nullptr) {
    consumer_->ready();
  }
}

bool Queue::pop(rpc::Delivery& out) {
  const std::lock_guard lock(mutex_);
  const auto next =
      std::find_if(items_.begin(), items_.end(), [](const Item& item) { return !item.held; });
  if (next == items_.end()) {
    return false;
  }
  Item item = std::move(*next);
  items_.erase(next);
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
