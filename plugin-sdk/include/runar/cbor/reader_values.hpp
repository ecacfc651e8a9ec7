// The rest of cbor::Reader: reading one value of an expected type.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <runar/cbor/reader.hpp>
#include <runar/cbor/utf8.hpp>

namespace runar::cbor {

inline std::uint64_t Reader::unsigned_int() {
  if (peek() == Kind::kNegative) {
    fail(Errc::kOutOfRange);
  }
  const Head item = head();
  if (item.kind != Kind::kUnsigned) {
    fail(Errc::kWrongType);
    return 0;
  }
  return item.value;
}

inline std::int64_t Reader::integer() {
  const Head item = head();
  if (item.kind != Kind::kUnsigned && item.kind != Kind::kNegative) {
    fail(Errc::kWrongType);
    return 0;
  }
  if (item.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    fail(Errc::kOutOfRange);
    return 0;
  }
  const auto value = static_cast<std::int64_t>(item.value);
  return item.kind == Kind::kUnsigned ? value : -1 - value;
}

inline double Reader::number() {
  const Head item = head();
  switch (item.kind) {
    case Kind::kFloat:
      return item.number;
    case Kind::kUnsigned:
      return static_cast<double>(item.value);
    case Kind::kNegative:
      return -1.0 - static_cast<double>(item.value);
    default:
      fail(Errc::kWrongType);
      return 0;
  }
}

inline bool Reader::boolean() {
  const Head item = head();
  if (item.kind != Kind::kBool) {
    fail(Errc::kWrongType);
  }
  return ok() && item.value == 1;
}

inline void Reader::null() {
  if (head().kind != Kind::kNull) {
    fail(Errc::kWrongType);
  }
}

inline std::uint64_t Reader::tag() {
  const Head item = head();
  if (item.kind != Kind::kTag) {
    fail(Errc::kWrongType);
  }
  return ok() ? item.value : 0;
}

template <class Out>
std::span<const std::uint8_t> Reader::string(Kind kind, Out& scratch) {
  const auto checked = [&](std::uint64_t length) {
    const auto chunk = take(length);
    if (kind == Kind::kText &&
        !is_utf8({reinterpret_cast<const char*>(chunk.data()), chunk.size()})) {
      fail(Errc::kBadUtf8);
    }
    return chunk;
  };
  Head item = head();
  if (item.kind != kind) {
    fail(Errc::kWrongType);
    return {};
  }
  if (!item.indefinite) {
    const auto found = checked(item.value);
    return ok() ? found : std::span<const std::uint8_t>{};
  }
  scratch.clear();
  for (item = head(); ok() && item.kind != Kind::kBreak; item = head()) {
    if (item.kind != kind || item.indefinite) {
      fail(Errc::kMalformed);  // section 3.2.3: chunks are definite and of the same kind
      break;
    }
    const auto chunk = checked(item.value);
    scratch.insert(scratch.end(), chunk.begin(), chunk.end());
  }
  if (!ok()) {
    return {};
  }
  return {reinterpret_cast<const std::uint8_t*>(scratch.data()), scratch.size()};
}

inline std::string_view Reader::text(std::string& scratch) {
  const auto found = string(Kind::kText, scratch);
  return {reinterpret_cast<const char*>(found.data()), found.size()};
}

inline std::span<const std::uint8_t> Reader::bytes(std::vector<std::uint8_t>& scratch) {
  return string(Kind::kBytes, scratch);
}

}  // namespace runar::cbor
