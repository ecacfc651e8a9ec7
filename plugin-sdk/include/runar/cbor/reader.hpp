// cbor::Reader: reads CBOR items (RFC 8949) one after another, out of bytes that somebody else
// owns.
//
// Shape: a pull parser without a tree. Text and byte strings come as views into the input;
// definite and indefinite lengths, all float widths, tags and simple values are understood, and
// encodings that are longer than need be are accepted unless Limits::strict.
// Errors: the first one sticks. From then on every read gives an empty value and more() gives
// false, so a decoder may run to its end and ask error() once.
// Threading: one thread at a time. Lifetime: the input outlives the reader and all its views.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <runar/cbor/error.hpp>
#include <runar/cbor/float.hpp>
#include <runar/cbor/item.hpp>

namespace runar::cbor {

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> input, const Limits& limits = {})
      : begin_(input.data()), at_(begin_), end_(begin_ + input.size()), limits_(limits) {
    limits_.max_depth = std::min<std::size_t>(limits_.max_depth, 1024);
    if (input.size() > limits_.max_bytes) {
      fail(Errc::kTooLarge);
    }
  }

  Errc error() const { return error_; }
  bool ok() const { return error_ == Errc::kOk; }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  bool strict() const { return limits_.strict; }
  void fail(Errc code) {
    if (ok()) {
      error_ = code;
      end_ = at_;
    }
  }
  // Counts memory that a decoder is about to fill; fails the reader once it is too much.
  bool charge(std::size_t bytes) {
    if (bytes > limits_.max_memory) {
      fail(Errc::kTooLarge);
      return false;
    }
    limits_.max_memory -= bytes;
    return ok();
  }

  Kind peek() const;
  // The next item's head. Strings, containers and tags leave their content to be read.
  Head head();

  std::uint64_t unsigned_int();
  std::int64_t integer();
  double number();  // integers too
  bool boolean();
  void null();
  std::uint64_t tag();
  // Definite lengths give a view into the input; the chunks of an indefinite one are joined in
  // `scratch`.
  std::string_view text(std::string& scratch);
  std::span<const std::uint8_t> bytes(std::vector<std::uint8_t>& scratch);

  Container array() { return open(Kind::kArray); }
  Container map() { return open(Kind::kMap); }
  // True while another element (of a map: another key and its value) is to be read.
  bool more(Container& container);
  void skip();                          // one item with all that is in it
  std::span<const std::uint8_t> raw();  // the same, and gives its bytes
  bool at_end() const { return at_ == end_; }
  void expect_end() {
    if (ok() && at_ != end_) {
      fail(Errc::kTrailing);
    }
  }

 private:
  std::uint64_t argument(unsigned info);
  std::uint64_t big_endian(std::size_t size);
  Head special(unsigned info);
  void check_float(unsigned info, const Head& head);
  std::span<const std::uint8_t> take(std::uint64_t length);
  template <class Out>
  std::span<const std::uint8_t> string(Kind kind, Out& scratch);
  Container open(Kind kind);
  void check_key(Container& container);

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  Limits limits_;
  std::size_t depth_ = 0;
  Errc error_ = Errc::kOk;
};

inline Kind Reader::peek() const {
  if (at_ == end_) {
    return Kind::kEnd;
  }
  constexpr Kind kMajor[] = {Kind::kUnsigned, Kind::kNegative, Kind::kBytes, Kind::kText,
                             Kind::kArray,    Kind::kMap,      Kind::kTag};
  const unsigned major = *at_ >> 5;
  if (major != 7) {
    return kMajor[major];
  }
  switch (*at_ & 0x1F) {
    case 20:
    case 21:
      return Kind::kBool;
    case 22:
      return Kind::kNull;
    case 23:
      return Kind::kUndefined;
    case 25:
    case 26:
    case 27:
      return Kind::kFloat;
    case 31:
      return Kind::kBreak;
    default:
      return Kind::kSimple;
  }
}

inline Head Reader::head() {
  Head head;
  head.kind = peek();
  if (head.kind == Kind::kEnd) {
    fail(Errc::kTruncated);
    return head;
  }
  const unsigned info = *at_ & 0x1F;
  const unsigned major = *at_ >> 5;
  ++at_;
  if (major == 7) {
    return special(info);
  }
  if (info == 31) {
    head.indefinite = true;
    if (major < 2 || major == 6) {
      fail(Errc::kMalformed);
    } else if (limits_.strict) {
      fail(Errc::kNotCanonical);
    }
  } else {
    head.value = argument(info);
  }
  return ok() ? head : Head{};
}

inline std::uint64_t Reader::argument(unsigned info) {
  if (info < 24) {
    return info;
  }
  if (info > 27) {
    fail(Errc::kMalformed);
    return 0;
  }
  const std::size_t size = std::size_t{1} << (info - 24);
  const std::uint64_t value = big_endian(size);
  const bool shorter = size == 1 ? value < 24 : (value >> (size * 4)) == 0;
  if (limits_.strict && shorter) {
    fail(Errc::kNotCanonical);
  }
  return value;
}

inline std::uint64_t Reader::big_endian(std::size_t size) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : take(size)) {
    value = value << 8 | byte;
  }
  return value;
}

inline std::span<const std::uint8_t> Reader::take(std::uint64_t length) {
  if (length > static_cast<std::uint64_t>(end_ - at_)) {
    fail(Errc::kTruncated);
    return {};
  }
  const std::span<const std::uint8_t> found(at_, static_cast<std::size_t>(length));
  at_ += length;
  return found;
}

// Major type 7: simple values, floats and the break code.
inline Head Reader::special(unsigned info) {
  Head head;
  switch (info) {
    case 20:
    case 21:
      head = {Kind::kBool, false, info - 20, 0};
      break;
    case 22:
      head = {Kind::kNull, false, 22, 0};
      break;
    case 23:
      head = {Kind::kUndefined, false, 23, 0};
      break;
    case 24:
      head = {Kind::kSimple, false, big_endian(1), 0};
      if (ok() && head.value < 32) {  // section 3.3: these have one spelling only
        fail(Errc::kMalformed);
      }
      break;
    case 25:
      head = {Kind::kFloat, false, 0,
              detail::decode_half(static_cast<std::uint16_t>(big_endian(2)))};
      break;
    case 26:
      head = {Kind::kFloat, false, 0,
              std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)))};
      break;
    case 27:
      head = {Kind::kFloat, false, 0, std::bit_cast<double>(big_endian(8))};
      break;
    case 28:
    case 29:
    case 30:
      fail(Errc::kMalformed);
      break;
    case 31:
      head = {Kind::kBreak, false, 0, 0};
      break;
    default:
      head = {Kind::kSimple, false, info, 0};
      break;
  }
  if (head.kind == Kind::kFloat) {
    check_float(info, head);
  }
  return ok() ? head : Head{};
}

inline void Reader::check_float(unsigned info, const Head& head) {
  if (!limits_.strict || !ok()) {
    return;
  }
  float single = 0;
  std::uint16_t half = 0;
  bool shortest = true;
  if (std::isnan(head.number)) {
    shortest = info == 25 && at_[-2] == 0x7E && at_[-1] == 0;
  } else if (info == 27) {
    shortest = !detail::fits_float(head.number, single);
  } else if (info == 26) {
    shortest = !detail::fits_half(static_cast<float>(head.number), half);
  }
  if (!shortest) {
    fail(Errc::kNotCanonical);
  }
}

inline Container Reader::open(Kind kind) {
  const Head item = head();
  if (item.kind != kind) {
    fail(Errc::kWrongType);
    return {};
  }
  // An element takes at least one byte, so a count beyond that is a lie that must not reserve.
  const std::uint64_t room = static_cast<std::uint64_t>(end_ - at_) / (kind == Kind::kMap ? 2 : 1);
  if (!item.indefinite && item.value > room) {
    fail(Errc::kTruncated);
    return {};
  }
  if (depth_ == limits_.max_depth) {
    fail(Errc::kTooDeep);
    return {};
  }
  ++depth_;
  return {item.value, item.indefinite, kind == Kind::kMap, true, {}};
}

inline bool Reader::more(Container& container) {
  if (!container.open || !ok()) {
    return false;
  }
  bool another = container.left > 0;
  if (container.indefinite) {
    another = peek() != Kind::kBreak;
    if (!another) {
      ++at_;
    } else if (at_ == end_) {
      fail(Errc::kTruncated);
    }
  } else if (another) {
    --container.left;
  }
  if (!another) {
    container.open = false;
    --depth_;
  } else if (container.is_map && limits_.strict) {
    check_key(container);
  }
  return another && ok();
}

// Section 4.2.1: keys ascend in the bytewise order of their encodings.
inline void Reader::check_key(Container& container) {
  Reader probe = *this;
  probe.limits_.strict = false;  // or each map in a key would have its own keys probed twice
  const auto key = probe.raw();
  if (!probe.ok()) {
    return;  // the real read will say it
  }
  if (!container.last_key.empty()) {
    const auto& last = container.last_key;
    if (std::equal(last.begin(), last.end(), key.begin(), key.end())) {
      fail(Errc::kDuplicateKey);
    } else if (!std::lexicographical_compare(last.begin(), last.end(), key.begin(), key.end())) {
      fail(Errc::kNotCanonical);
    }
  }
  container.last_key = key;
}

// Recursive: max_depth bounds it
inline void Reader::skip() {
  while (peek() == Kind::kTag) {
    head();
  }
  const Kind kind = peek();
  if (kind == Kind::kArray || kind == Kind::kMap) {
    Container container = open(kind);
    while (more(container)) {
      skip();
      if (container.is_map) {
        skip();
      }
    }
  } else if (kind == Kind::kText || kind == Kind::kBytes) {
    std::vector<std::uint8_t> scratch;
    string(kind, scratch);
  } else if (head().kind == Kind::kBreak) {
    fail(Errc::kMalformed);
  }
}

inline std::span<const std::uint8_t> Reader::raw() {
  const std::uint8_t* from = at_;
  skip();
  return ok() ? std::span<const std::uint8_t>(from, at_) : std::span<const std::uint8_t>{};
}

}  // namespace runar::cbor

#include <runar/cbor/reader_values.hpp>
