#include "transport/fresh_stream.h"

#include <algorithm>
#include <cstring>

namespace runard::transport {

bool FreshStream::received(core::ByteView bytes, bool end) {
  if (unknown_) {
    return true;
  }
  const std::size_t before = held_;
  const std::size_t copied = std::min(bytes.size(), type_.size() - held_);
  if (copied > 0) {
    std::memcpy(type_.data() + held_, bytes.data(), copied);
  }
  held_ += copied;
  const wire::Varint type = wire::get_varint({type_.data(), held_});
  if (type.size == 0) {
    return true;
  }
  Stream* stream = owner_.on_stream_type(*this, type.value, type.size);
  if (stream == nullptr) {
    unknown_ = true;
    return true;
  }
  over_ = true;
  return stream->received(bytes.subspan(type.size - before), end);
}

}  // namespace runard::transport
