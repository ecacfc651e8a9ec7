// ByteWriter and ByteReader: a cursor over bytes for the fixed headers. Numbers are big-endian,
// strings are a varint length and the bytes.
//
// The writer goes into memory that its owner measured before. The reader fails once and stays
// failed, then gives zeros; what it returns is borrowed from its input.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/bytes.h"
#include "wire/utf8.h"
#include "wire/varint.h"

namespace runard::wire {

class ByteWriter {
 public:
  explicit ByteWriter(std::uint8_t* out) : at_(out) {}

  template <class T>
  void number(T value) {
    for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
      *at_++ = static_cast<std::uint8_t>(value >> shift);
    }
  }
  void varint(std::uint64_t value) { at_ += put_varint(value, at_); }
  void raw(core::ByteView bytes) {
    if (!bytes.empty()) {
      std::memcpy(at_, bytes.data(), bytes.size());
      at_ += bytes.size();
    }
  }
  void text(std::string_view value) {
    varint(value.size());
    raw(core::as_bytes(value));
  }
  std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

inline std::size_t text_size(std::string_view value) {
  return varint_size(value.size()) + value.size();
}

class ByteReader {
 public:
  explicit ByteReader(core::ByteView bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    T value = 0;
    for (const std::uint8_t byte : take(sizeof(T))) {
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) | byte);
    }
    return value;
  }
  std::uint64_t varint() {
    const Varint got = get_varint(bytes_);
    if (got.size == 0) {
      fail();
      return 0;
    }
    take(got.size);
    return got.value;
  }
  core::ByteView take(std::uint64_t size) {
    if (!ok_ || size > bytes_.size()) {
      fail();
      return {};
    }
    const core::ByteView taken = bytes_.first(static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  // Fails when the text is longer than `most` bytes or not UTF-8.
  std::string_view text(std::size_t most) {
    const std::uint64_t size = varint();
    const core::ByteView raw = size <= most ? take(size) : core::ByteView{};
    if (size > most || !valid_utf8(raw)) {
      fail();
      return {};
    }
    return core::as_text(raw);
  }
  std::size_t left() const { return ok_ ? bytes_.size() : 0; }
  void fail() { ok_ = false; }
  bool ok() const { return ok_; }

 private:
  core::ByteView bytes_;
  bool ok_ = true;
};

}  // namespace runard::wire
