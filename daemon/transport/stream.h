// Stream: one QUIC stream of a link, as the connection and the send scheduler see it.
//
// What it receives comes from inside ngtcp2, so those functions only queue. Sent bytes stay where
// they are until closed() or, for long streams, acked(): ngtcp2 keeps pointers to them.
// Owner: the link. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/bytes.h"

namespace runard::transport {

// In the order in which they are served.
enum class SendClass : std::uint8_t { kControl, kMessage, kLane };

struct SendParts {
  static constexpr std::size_t kMost = 8;
  std::array<core::ByteView, kMost> views;
  std::size_t count = 0;
  std::size_t bytes = 0;
  bool last = false;  // the stream ends after these

  void add(core::ByteView view) {
    if (!view.empty() && count < kMost) {
      views[count++] = view;
      bytes += view.size();
    }
  }
  // All of a message, and of the stream, but for what was sent.
  static SendParts rest_of(core::ByteView head, core::ByteView body, std::size_t sent) {
    SendParts parts;
    parts.add(head.subspan(std::min(sent, head.size())));
    parts.add(body.subspan(sent - std::min(sent, head.size())));
    parts.last = true;
    return parts;
  }
};

class Stream {
 public:
  explicit Stream(SendClass send_class) : send_class_(send_class) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  // Bytes in order; `end` comes with the last. False: the link is to be closed.
  virtual bool received(core::ByteView bytes, bool end) = 0;
  // The peer gave up sending on it.
  virtual void peer_reset(std::uint64_t code) = 0;
  // The peer wants nothing more of it.
  virtual void peer_stopped(std::uint64_t code) = 0;
  // All before `offset` has arrived at the peer.
  virtual void acked(std::uint64_t offset) { static_cast<void>(offset); }
  // Both directions are over; ngtcp2 forgets the stream. The last call.
  virtual void closed() = 0;

  // What could be sent now. Empty and not last: nothing.
  virtual SendParts pending() const = 0;
  // The first `bytes` of pending() went out, and with them the end if `last`.
  virtual void sent(std::size_t bytes, bool last) = 0;

  std::int64_t id() const { return id_; }  // -1: not open yet
  void set_id(std::int64_t id) { id_ = id; }
  SendClass send_class() const { return send_class_; }

 protected:
  // For streams that live in reused memory.
  void renew_stream() {
    id_ = -1;
    next_ = nullptr;
    queued_ = blocked_ = false;
  }

 private:
  friend class SendScheduler;
  std::int64_t id_ = -1;
  const SendClass send_class_;
  // The scheduler's: its place in a queue.
  Stream* next_ = nullptr;
  bool queued_ = false;
  bool blocked_ = false;  // by the stream's own window
};

}  // namespace runard::transport
