#include "wire/frame.h"

#include "wire/varint.h"

namespace runard::wire {

FrameHead get_frame_head(core::ByteView bytes) {
  const Varint type = get_varint(bytes);
  if (type.size == 0) {
    return {};
  }
  const Varint length = get_varint(bytes.subspan(type.size));
  if (length.size == 0) {
    return {};
  }
  return {type.value, length.value, type.size + length.size};
}

void put_frame_head(std::uint64_t type, std::uint64_t length, core::Bytes& out) {
  std::uint8_t head[kMaxFrameHead];
  std::size_t size = put_varint(type, head);
  size += put_varint(length, head + size);
  out.insert(out.end(), head, head + size);
}

std::size_t frame_head_size(std::uint64_t type, std::uint64_t length) {
  return varint_size(type) + varint_size(length);
}

void put_frame(std::uint64_t type, core::ByteView body, core::Bytes& out) {
  put_frame_head(type, body.size(), out);
  out.insert(out.end(), body.begin(), body.end());
}

}  // namespace runard::wire
