// ReplayGuard: takes each message of a sender once.
//
// A message must have been made within kReplaySlack of now, and its id must be new among those of
// the last kReplayMemory. An id is forgotten early only when there are too many; from then on that
// sender's messages have to be younger than the forgotten one, so a replay never gets through. At
// most kMaxReplayIds are kept of one sender, kMaxReplayIdsInAll of all, and kMaxReplaySenders
// senders.
// Threading: one thread at a time.
#pragma once

#include <chrono>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "envelope/key_address.h"

namespace runard::envelope {

inline constexpr std::chrono::minutes kReplaySlack{2};
inline constexpr std::chrono::minutes kReplayMemory{10};
inline constexpr std::size_t kMaxReplayIds = 64 * 1024;
inline constexpr std::size_t kMaxReplayIdsInAll = 256 * 1024;
inline constexpr std::size_t kMaxReplaySenders = 4096;

class ReplayGuard {
 public:
  // kEnvelopeStale: made too long ago, or in the future. kEnvelopeReplayed: came before.
  // kOverloaded: from too many senders at once.
  core::Result<void> accept(const core::NodeId& sender, const MessageId& id,
                            std::uint64_t created_ms, core::WallTime now);
  // When its certificate is no longer taken: nothing of it will be accepted anyway.
  void forget(const core::NodeId& sender);

  std::size_t size() const { return size_; }  // ids

 private:
  struct Seen {
    MessageId id;
    std::int64_t created_ms = 0;
    std::int64_t arrived_ms = 0;
  };
  struct Window {
    std::unordered_set<MessageId> ids;
    std::deque<Seen> in_order;  // as they arrived
    std::int64_t floor_ms = 0;  // what was made then or before is refused
  };

  bool find_window(const core::NodeId& sender, std::int64_t now_ms, Window*& window);
  void expire(Window& window, std::int64_t now_ms);
  void drop_oldest(Window& window);
  void make_room(Window& window);

  std::unordered_map<core::NodeId, Window> windows_;
  std::size_t size_ = 0;
};

}  // namespace runard::envelope
