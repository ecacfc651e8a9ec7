// MessageAssembler: the one frame that a request stream carries in a direction, put together from
// bytes as they come.
//
// Frames of unknown types before it are skipped if they are small; critical ones are refused.
// Memory: at first no more than `window` bytes are held, whatever length the frame claims; more
// only when that is full, which the sender can reach only with a grant.
#pragma once

#include <array>
#include <cstdint>

#include "core/buffer.h"
#include "wire/frame.h"

namespace runard::transport {

class MessageAssembler {
 public:
  enum class State : std::uint8_t { kPartial, kComplete, kMalformed, kTooLarge };

  void start(std::uint64_t frame_type, std::uint64_t largest_body, std::uint64_t window);
  // Takes all of `bytes`. What comes after a complete frame is ignored.
  State feed(core::ByteView bytes);
  State state() const { return state_; }
  // How long the stream is to become for the frame to be complete; 0: not known yet.
  std::uint64_t needed() const { return needed_; }
  // The frame's body, once complete; it lies in owner().
  core::ByteView body() const { return body_.view().first(static_cast<std::size_t>(length_)); }
  const core::Buffer& owner() const { return body_; }
  // Lets go of it; a small one that nobody else holds is kept for the next.
  void clear();

 private:
  core::ByteView feed_head(core::ByteView bytes);
  core::ByteView feed_body(core::ByteView bytes);
  void begin_frame(const wire::FrameHead& head);
  bool make_room(std::size_t more);

  std::uint64_t type_ = 0;
  std::uint64_t largest_ = 0;
  std::uint64_t window_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t needed_ = 0;
  std::uint64_t skip_ = 0;    // bytes left of a frame that is not wanted
  std::uint64_t length_ = 0;  // of the body
  std::size_t filled_ = 0;
  core::Buffer body_;
  std::array<std::uint8_t, wire::kMaxFrameHead> head_{};
  std::size_t head_size_ = 0;
  bool in_body_ = false;
  State state_ = State::kPartial;
};

}  // namespace runard::transport
