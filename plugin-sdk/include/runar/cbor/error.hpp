// cbor::Errc, cbor::Limits: why bytes were refused, and what a reader allows.
#pragma once

#include <cstddef>
#include <cstdint>

namespace runar::cbor {

enum class Errc : std::uint8_t {
  kOk = 0,
  kTruncated,     // the input ends inside an item
  kTrailing,      // bytes follow the item
  kMalformed,     // not CBOR: reserved bits, a stray break, a chunk of the wrong kind
  kTooDeep,       // nested deeper than Limits::max_depth
  kTooLarge,      // more bytes than Limits::max_bytes, or more memory than Limits::max_memory
  kBadUtf8,       // a text string that is not UTF-8
  kNotCanonical,  // strict only: not the deterministic encoding of RFC 8949 section 4.2.1
  kDuplicateKey,  // a map names a key twice
  kWrongType,     // another kind of item was asked for
  kOutOfRange,    // a number that does not fit where it was asked for
};

constexpr const char* describe(Errc code) noexcept {
  switch (code) {
    case Errc::kOk:
      return "ok";
    case Errc::kTruncated:
      return "the input ends too early";
    case Errc::kTrailing:
      return "bytes follow the value";
    case Errc::kMalformed:
      return "the input is not CBOR";
    case Errc::kTooDeep:
      return "the value is nested too deeply";
    case Errc::kTooLarge:
      return "the value is too large";
    case Errc::kBadUtf8:
      return "a text is not UTF-8";
    case Errc::kNotCanonical:
      return "the encoding is not canonical";
    case Errc::kDuplicateKey:
      return "a key stands twice";
    case Errc::kWrongType:
      return "the value has another type";
    case Errc::kOutOfRange:
      return "the number is out of range";
  }
  return "unknown error";
}

struct Limits {
  std::size_t max_depth = 64;          // arrays and maps inside each other; never above 1024
  std::size_t max_bytes = 16U << 20;   // input
  std::size_t max_memory = 64U << 20;  // what decoding may make of it, see Reader::charge
  bool strict = false;                 // accept the deterministic encoding only
};

}  // namespace runar::cbor
