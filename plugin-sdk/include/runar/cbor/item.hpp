// Kind, Head, Container: the pieces in which cbor::Reader sees its input.
#pragma once

#include <cstdint>
#include <span>

namespace runar::cbor {

enum class Kind : std::uint8_t {
  kUnsigned,
  kNegative,
  kBytes,
  kText,
  kArray,
  kMap,
  kTag,
  kBool,
  kNull,
  kUndefined,
  kSimple,
  kFloat,
  kBreak,
  kEnd,  // no item is left, or the reader failed
};

// The first bytes of an item. `value`: the number, -1 - value for kNegative, the length, count or
// tag, 0 or 1 for kBool, the number of a simple value.
struct Head {
  Kind kind = Kind::kEnd;
  bool indefinite = false;
  std::uint64_t value = 0;
  double number = 0;  // kFloat
};

// An array or map that is being read; given by array() and map(), advanced by more().
struct Container {
  std::uint64_t left = 0;  // elements or pairs still to come, unless indefinite
  bool indefinite = false;
  bool is_map = false;
  bool open = false;
  std::span<const std::uint8_t> last_key{};  // strict only
};

}  // namespace runar::cbor
