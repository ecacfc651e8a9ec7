#include "wire/varint.h"

#include "core/check.h"

namespace runard::wire {
namespace {

int length_class(std::uint64_t value) {
  if (value < (1ULL << 6)) {
    return 0;
  }
  if (value < (1ULL << 14)) {
    return 1;
  }
  return value < (1ULL << 30) ? 2 : 3;
}

}  // namespace

std::size_t varint_size(std::uint64_t value) {
  return std::size_t{1} << length_class(value);
}

std::size_t put_varint(std::uint64_t value, std::uint8_t* out) {
  RUNARD_CHECK(value <= kMaxVarint);
  const int length = length_class(value);
  const std::size_t size = std::size_t{1} << length;
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
  }
  out[0] = static_cast<std::uint8_t>(out[0] | (length << 6));
  return size;
}

Varint get_varint(core::ByteView bytes) {
  if (bytes.empty()) {
    return {};
  }
  const std::size_t size = std::size_t{1} << (bytes[0] >> 6);
  if (bytes.size() < size) {
    return {};
  }
  std::uint64_t value = bytes[0] & 0x3f;
  for (std::size_t i = 1; i < size; ++i) {
    value = (value << 8) | bytes[i];
  }
  return {value, size};
}

}  // namespace runard::wire
