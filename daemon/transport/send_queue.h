// SendQueue: what a long stream still has to send, and what it sent and is not acknowledged yet.
// Chunks stay where they are until the peer has them: ngtcp2 sends from this memory again on loss.
// Owner: the stream. One thread.
#pragma once

#include <cstdint>
#include <deque>

#include "transport/stream.h"

namespace runard::transport {

class SendQueue {
 public:
  void push(core::Bytes chunk);
  void add_unsent(SendParts& parts) const;
  void sent(std::size_t bytes);
  // Everything before `offset` arrived; gives how many bytes were freed by that.
  std::size_t acked(std::uint64_t offset);
  std::size_t size() const { return size_; }  // unsent and unacknowledged
  // An emptied chunk to be filled again, or a fresh one.
  core::Bytes spare();

 private:
  std::deque<core::Bytes> chunks_;
  std::uint64_t base_ = 0;      // stream offset of the first chunk
  std::size_t current_ = 0;     // the chunk to be sent next
  std::size_t in_current_ = 0;  // bytes of it already sent
  std::size_t size_ = 0;
  core::Bytes spare_;
};

}  // namespace runard::transport
