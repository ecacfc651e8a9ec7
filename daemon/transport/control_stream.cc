#include "transport/control_stream.h"

namespace runard::transport {

ControlStream::ControlStream(LinkCore& core, std::uint64_t prefix)
    : Stream(SendClass::kControl),
      core_(core),
      inbox_(core.context.limits.control_window, core.context.limits.request_window - prefix) {}

bool ControlStream::send(std::uint64_t frame_type, core::ByteView body) {
  if (queue_.size() + body.size() > core_.context.limits.control_bytes) {
    return false;
  }
  core::Bytes frame;
  wire::put_frame(frame_type, body, frame);
  queue_.push(std::move(frame));
  core_.scheduler.ready(*this);
  return true;
}

void ControlStream::send_type() {
  queue_.push({static_cast<std::uint8_t>(wire::StreamType::kControl)});
}

void ControlStream::credit() {
  if (!over_) {
    inbox_.credit(*core_.connection, *this);
  }
}

bool ControlStream::received(core::ByteView bytes, bool end) {
  inbox_.add(bytes);
  over_ = over_ || end;
  return true;
}

SendParts ControlStream::pending() const {
  SendParts parts;
  if (!over_) {
    queue_.add_unsent(parts);
  }
  return parts;
}

void ControlStream::sent(std::size_t bytes, bool) {
  queue_.sent(bytes);
}

}  // namespace runard::transport
