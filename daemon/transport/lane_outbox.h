// LaneOutbox: where events for one lane of one link gather until the I/O thread takes them.
//
// Bounded in bytes, from the first publish until the peer acknowledged them; a full lane says
// kBackpressure at once. Events of one lane keep their order. Any thread; lock held for a copy of
// the event.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "rpc/payload.h"
#include "transport/link_id.h"
#include "transport/mailbox.h"
#include "wire/event.h"

namespace runard::transport {

struct OutgoingEvent {
  wire::EventHeader header;
  std::span<const rpc::Pair> meta;
  std::span<const std::string_view> groups;
  core::ByteView payload;
};

class LaneOutbox final : public Letter, public std::enable_shared_from_this<LaneOutbox> {
 public:
  LaneOutbox(LinkId link, std::uint64_t number, std::size_t limit)
      : Letter(Kind::kLane), link_(link), number_(number), limit_(limit) {}

  // Errors: kBackpressure when full, kLinkLost when closed, those of wire::put_event.
  core::Result<void> publish(Mailbox& mailbox, const OutgoingEvent& event);

  LinkId link() const { return link_; }
  std::uint64_t number() const { return number_; }
  std::size_t held() const { return held_.load(std::memory_order_relaxed); }

  // I/O thread: what gathered, in exchange for an empty vector to gather in.
  core::Bytes take(core::Bytes empty);
  void acknowledged(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
  // Nothing is taken any more; what gathered is lost. A letter that is on its way is still take()n.
  void close();

 private:
  const LinkId link_;
  const std::uint64_t number_;
  const std::size_t limit_;
  std::atomic<std::size_t> held_{0};
  std::mutex mutex_;  // protects what follows
  core::Bytes staged_;
  bool closed_ = false;
  std::shared_ptr<LaneOutbox> posted_;  // itself, while its letter is in the mailbox
};

}  // namespace runard::transport
