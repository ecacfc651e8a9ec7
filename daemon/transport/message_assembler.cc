#include "transport/message_assembler.h"

#include <algorithm>
#include <cstring>

namespace runard::transport {
namespace {

// Memory of at least so much is made, and no more is kept: most messages fit.
constexpr std::size_t kKept = 512;

}  // namespace

void MessageAssembler::start(std::uint64_t frame_type, std::uint64_t largest_body,
                             std::uint64_t window) {
  clear();
  type_ = frame_type;
  largest_ = largest_body;
  window_ = window;
}

void MessageAssembler::clear() {
  if (!body_.unique() || body_.size() > kKept) {
    body_ = core::Buffer();
  }
  received_ = needed_ = skip_ = length_ = 0;
  filled_ = head_size_ = 0;
  in_body_ = false;
  state_ = State::kPartial;
}

MessageAssembler::State MessageAssembler::feed(core::ByteView bytes) {
  while (!bytes.empty() && state_ == State::kPartial) {
    const std::size_t before = bytes.size();
    if (skip_ > 0) {
      const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
      skip_ -= skipped;
      bytes = bytes.subspan(skipped);
    } else {
      bytes = in_body_ ? feed_body(bytes) : feed_head(bytes);
    }
    received_ += before - bytes.size();
  }
  return state_;
}

core::ByteView MessageAssembler::feed_head(core::ByteView bytes) {
  const std::size_t held = head_size_;
  const std::size_t copied = std::min(bytes.size(), head_.size() - held);
  std::memcpy(head_.data() + held, bytes.data(), copied);
  const wire::FrameHead head = wire::get_frame_head({head_.data(), held + copied});
  if (head.size == 0) {  // a whole head always fits, so all of `bytes` was taken
    head_size_ = held + copied;
    return bytes.subspan(copied);
  }
  head_size_ = 0;
  begin_frame(head);
  const std::size_t used = head.size - held;
  if (in_body_ && state_ == State::kPartial) {
    needed_ = received_ + used + length_;
    if (length_ == 0) {
      state_ = State::kComplete;
    }
  }
  return bytes.subspan(used);
}

void MessageAssembler::begin_frame(const wire::FrameHead& head) {
  if (head.type != type_) {
    skip_ = head.length;
    if (wire::is_critical(head.type) || head.length > window_) {
      state_ = State::kMalformed;
    }
    return;
  }
  in_body_ = true;
  length_ = head.length;
  if (head.length > largest_) {
    state_ = State::kTooLarge;
  }
}

core::ByteView MessageAssembler::feed_body(core::ByteView bytes) {
  const auto taken =
      static_cast<std::size_t>(std::min<std::uint64_t>(length_ - filled_, bytes.size()));
  if (!make_room(taken)) {
    state_ = State::kTooLarge;
    return {};
  }
  std::memcpy(body_.data() + filled_, bytes.data(), taken);
  filled_ += taken;
  if (filled_ == length_) {
    state_ = State::kComplete;
  }
  return bytes.subspan(taken);
}

bool MessageAssembler::make_room(std::size_t more) {
  if (filled_ + more <= body_.size()) {
    return true;
  }
  const bool first = filled_ + more <= window_;
  const auto size = static_cast<std::size_t>(first ? std::min(length_, window_) : length_);
  core::Buffer larger = core::Buffer::alloc(std::max(size, kKept));
  if (!larger) {
    return false;
  }
  if (filled_ > 0) {
    std::memcpy(larger.data(), body_.view().data(), filled_);
  }
  body_ = std::move(larger);
  return true;
}

}  // namespace runard::transport
