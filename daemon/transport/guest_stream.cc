#include "transport/guest_stream.h"

namespace runard::transport {

void GuestStream::send(std::uint64_t type, core::ByteView body) {
  core::Bytes frame;
  wire::put_frame(type, body, frame);
  queue_.push(std::move(frame));
  scheduler_.ready(*this);
}

std::optional<GuestFrame> GuestStream::take() {
  const wire::FrameHead head = wire::get_frame_head(input_);
  if (head.size == 0 || head.length > input_.size() - head.size) {
    return std::nullopt;
  }
  const auto begin = input_.begin() + static_cast<std::ptrdiff_t>(head.size);
  const auto end = begin + static_cast<std::ptrdiff_t>(head.length);
  GuestFrame frame{head.type, core::Bytes(begin, end)};
  input_.erase(input_.begin(), end);
  return frame;
}

bool GuestStream::received(core::ByteView bytes, bool end) {
  received_ += bytes.size();
  if (received_ > most_) {
    return false;
  }
  connection_.extend_stream(*this, bytes.size());
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  over_ = over_ || end;
  return true;
}

SendParts GuestStream::pending() const {
  SendParts parts;
  if (!over_) {
    queue_.add_unsent(parts);
  }
  return parts;
}

void GuestStream::sent(std::size_t bytes, bool) {
  queue_.sent(bytes);
}

}  // namespace runard::transport
