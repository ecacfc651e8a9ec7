#include "transport/inbox.h"

namespace runard::transport {

std::optional<InboxFrame> Inbox::front() const {
  const core::ByteView bytes = view();
  const wire::FrameHead head = wire::get_frame_head(bytes);
  if (head.size == 0 || head.length > bytes.size() - head.size) {
    return std::nullopt;
  }
  return InboxFrame{head, bytes.subspan(head.size, static_cast<std::size_t>(head.length))};
}

std::uint64_t Inbox::front_size() const {
  const wire::FrameHead head = wire::get_frame_head(view());
  return head.size == 0 ? 0 : head.size + head.length;
}

void Inbox::consume(std::size_t bytes) {
  read_ += bytes;
  consumed_ += bytes;
  if (read_ == bytes_.size()) {
    bytes_.clear();
    read_ = 0;
    if (bytes_.capacity() > 2 * window_) {
      bytes_.shrink_to_fit();
    }
  } else if (read_ > bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(read_));
    read_ = 0;
  }
}

void Inbox::credit(Connection& connection, Stream& stream) {
  const std::uint64_t target = consumed_ + window_;
  if (target > allowed_) {
    connection.extend_stream(stream, target - allowed_);
    allowed_ = target;
  }
}

}  // namespace runard::transport
