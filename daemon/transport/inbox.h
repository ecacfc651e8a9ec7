// Inbox: frames of a long stream, gathered until they are consumed.
//
// The peer gets credit for what was consumed only, so the inbox holds at most `window` bytes, and
// more only for one frame that has a grant. Owner: the stream. One thread.
#pragma once

#include <optional>

#include "transport/connection.h"
#include "wire/frame.h"

namespace runard::transport {

struct InboxFrame {
  wire::FrameHead head;
  core::ByteView body;
};

class Inbox {
 public:
  // `initial`: what the stream may receive at first.
  Inbox(std::uint64_t window, std::uint64_t initial) : window_(window), allowed_(initial) {}

  void add(core::ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  core::ByteView view() const { return core::ByteView(bytes_).subspan(read_); }
  // The first frame, if it is whole.
  std::optional<InboxFrame> front() const;
  // The size of the first frame, as soon as it is known; 0 before.
  std::uint64_t front_size() const;
  void consume(std::size_t bytes);
  // Lets the peer send as much again as was consumed.
  void credit(Connection& connection, Stream& stream);
  // A grant of so many bytes came to its end: the window is the common one again.
  void absorb(std::uint64_t granted) { allowed_ += granted; }

 private:
  const std::uint64_t window_;
  std::uint64_t allowed_;       // stream offset up to which the peer may send, without a grant
  std::uint64_t consumed_ = 0;  // stream offset
  core::Bytes bytes_;
  std::size_t read_ = 0;
};

}  // namespace runard::transport
