#include "envelope/replay_guard.h"

#include <algorithm>

namespace runard::envelope {
namespace {

using core::Errc;

constexpr std::int64_t in_ms(std::chrono::milliseconds time) {
  return time.count();
}

}  // namespace

core::Result<void> ReplayGuard::accept(const core::NodeId& sender, const MessageId& id,
                                       std::uint64_t created_ms, core::WallTime now) {
  const std::int64_t now_ms =
      std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const auto created =
      static_cast<std::int64_t>(std::min<std::uint64_t>(created_ms, INT64_MAX / 2));
  if (created < now_ms - in_ms(kReplaySlack) || created > now_ms + in_ms(kReplaySlack)) {
    return core::fail(Errc::kEnvelopeStale, "a message");
  }
  Window* window = nullptr;
  if (!find_window(sender, now_ms, window)) {
    return core::fail(Errc::kOverloaded, "the senders whose messages are remembered");
  }
  expire(*window, now_ms);
  if (window->ids.contains(id)) {
    return core::fail(Errc::kEnvelopeReplayed, "a message");
  }
  if (created <= window->floor_ms) {
    return core::fail(Errc::kEnvelopeStale, "a message older than those that are remembered");
  }
  make_room(*window);
  window->ids.insert(id);
  window->in_order.push_back({id, created, now_ms});
  ++size_;
  return {};
}

// With too many senders, one whose messages are all too old by now goes.
bool ReplayGuard::find_window(const core::NodeId& sender, std::int64_t now_ms, Window*& window) {
  const auto found = windows_.find(sender);
  if (found == windows_.end() && windows_.size() >= kMaxReplaySenders) {
    const auto idle = std::ranges::find_if(windows_, [&](auto& entry) {
      expire(entry.second, now_ms);
      return entry.second.in_order.empty();
    });
    if (idle == windows_.end()) {
      return false;
    }
    windows_.erase(idle);
  }
  window = found == windows_.end() ? &windows_[sender] : &found->second;
  return true;
}

void ReplayGuard::expire(Window& window, std::int64_t now_ms) {
  while (!window.in_order.empty() &&
         window.in_order.front().arrived_ms + in_ms(kReplayMemory) < now_ms) {
    window.ids.erase(window.in_order.front().id);
    window.in_order.pop_front();
    --size_;
  }
}

void ReplayGuard::drop_oldest(Window& window) {
  const Seen& oldest = window.in_order.front();
  window.floor_ms = std::max(window.floor_ms, oldest.created_ms);
  window.ids.erase(oldest.id);
  window.in_order.pop_front();
  --size_;
}

// Whoever sends most makes room first.
void ReplayGuard::make_room(Window& window) {
  if (window.in_order.size() >= kMaxReplayIds) {
    drop_oldest(window);
  } else if (size_ >= kMaxReplayIdsInAll) {
    const auto largest = std::ranges::max_element(
        windows_, {}, [](const auto& entry) { return entry.second.in_order.size(); });
    drop_oldest(largest->second);
  }
}

void ReplayGuard::forget(const core::NodeId& sender) {
  if (const auto found = windows_.find(sender); found != windows_.end()) {
    size_ -= found->second.in_order.size();
    windows_.erase(found);
  }
}

}  // namespace runard::envelope
