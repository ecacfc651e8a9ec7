// CBOR (RFC 8949) as control frames use it: maps with integer keys in ascending order, arrays,
// unsigned and negative integers, byte and text strings, booleans and null.
//
// The writer appends to a byte vector. The reader is strict, because a control frame has one form
// only: definite lengths, shortest integers, no tags, no floats, text is UTF-8, keys strictly
// ascending (so none twice), nesting at most kMaxCborDepth. Unknown keys are the caller's to
// skip(): that is how newer peers are understood. Values only, no threads, no I/O.
//
// A reader fails once and stays failed: every later read returns a zero value, so a decoder reads
// all its fields and asks ok() once at the end. Nothing is allocated by what a length claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"

namespace runard::wire {

inline constexpr std::size_t kMaxCborDepth = 16;

class CborWriter {
 public:
  explicit CborWriter(core::Bytes& out) : out_(out) {}

  // Exactly `pairs` keys and values must follow, keys ascending.
  void map(std::size_t pairs) { head(5, pairs); }
  // Exactly `items` values must follow.
  void array(std::size_t items) { head(4, items); }
  void key(std::uint64_t key) { head(0, key); }
  void number(std::uint64_t value) { head(0, value); }
  void integer(std::int64_t value);
  void bytes(core::ByteView value);
  // The bytes of the string must be appended to the output next.
  void bytes_head(std::size_t size) { head(2, size); }
  void text(std::string_view value);
  void boolean(bool value) { out_.push_back(value ? 0xf5 : 0xf4); }
  void null() { out_.push_back(0xf6); }

 private:
  void head(std::uint8_t major, std::uint64_t argument);
  core::Bytes& out_;
};

class CborReader {
 public:
  explicit CborReader(core::ByteView bytes) : bytes_(bytes) {}

  std::uint64_t number();
  std::int64_t integer();
  core::ByteView bytes();   // borrowed from the input
  std::string_view text();  // borrowed from the input
  bool boolean();
  // Reads one value of any kind and forgets it.
  void skip();

  // Calls field(key) for each key of a map; field must read or skip() exactly one value.
  template <class F>
  void map(F field) {
    std::uint64_t last = 0;
    for (std::uint64_t left = enter(5), first = left; left > 0 && ok_; --left) {
      const std::uint64_t key = number();
      if (!ok_ || (left != first && key <= last)) {
        fail();
        break;
      }
      last = key;
      field(key);
    }
    leave();
  }
  // Calls item() for each value of an array of at most `most` values; more is a failure.
  template <class F>
  void array(std::size_t most, F item) {
    const std::uint64_t items = enter(4);
    if (items > most) {
      fail();
    }
    for (std::uint64_t left = items; left > 0 && ok_; --left) {
      item();
    }
    leave();
  }

  // A decoder calls this when a value is well formed but can't be meant.
  void fail() { ok_ = false; }
  bool ok() const { return ok_; }
  // True when all was read and nothing failed.
  bool done() const { return ok_ && bytes_.empty(); }

 private:
  struct Head {
    std::uint8_t major = 7;
    std::uint8_t info = 0;
    std::uint64_t argument = 0;
  };
  Head head();
  std::uint64_t expect(std::uint8_t major);
  std::uint64_t enter(std::uint8_t major);
  void leave() { --depth_; }
  core::ByteView take(std::uint64_t size);

  core::ByteView bytes_;
  std::size_t depth_ = 0;
  bool ok_ = true;
};

}  // namespace runard::wire
