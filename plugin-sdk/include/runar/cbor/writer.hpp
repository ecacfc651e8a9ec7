// cbor::Writer, cbor::MapWriter: write the deterministic encoding of RFC 8949 section 4.2.1:
// shortest numbers, definite lengths, map keys in the bytewise order of their encodings.
//
// Up to 256 bytes need no heap. Errors: out of memory throws std::bad_alloc; nothing else fails,
// but whoever opens an array or map writes exactly the announced number of items.
// Threading: one thread at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <runar/cbor/error.hpp>
#include <runar/cbor/float.hpp>

namespace runar::cbor {

class Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    if (data_ != inline_) {
      std::free(data_);
    }
  }

  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  // Hands over what grew beyond the inline space: a malloc'ed block of size() bytes, to be freed
  // with free(), or null when the bytes are inline. The writer is empty afterwards.
  std::uint8_t* release() {
    if (data_ == inline_) {
      return nullptr;
    }
    capacity_ = sizeof inline_;
    size_ = 0;
    return std::exchange(data_, inline_);
  }

  void unsigned_int(std::uint64_t value) { head(0, value); }
  void negative(std::uint64_t value) { head(1, value); }  // the number -1 - value
  void integer(std::int64_t value) {
    if (value >= 0) {
      head(0, static_cast<std::uint64_t>(value));
    } else {
      head(1, static_cast<std::uint64_t>(-1 - value));
    }
  }
  void bytes(std::span<const std::uint8_t> value) {
    head(2, value.size());
    raw(value);
  }
  void text(std::string_view value) {
    head(3, value.size());
    raw({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
  }
  void array(std::uint64_t count) { head(4, count); }
  // The pairs that follow must already be in canonical order; else use MapWriter.
  void map(std::uint64_t count) { head(5, count); }
  void tag(std::uint64_t value) { head(6, value); }
  void boolean(bool value) { byte(value ? 0xF5 : 0xF4); }
  void null() { byte(0xF6); }
  void undefined() { byte(0xF7); }
  void simple(std::uint8_t value) { head(7, value); }  // not 24 to 31
  void number(double value);
  // One item that is encoded already.
  void raw(std::span<const std::uint8_t> item) {
    if (!item.empty()) {
      std::memcpy(room(item.size()), item.data(), item.size());
      size_ += item.size();
    }
  }

 private:
  friend class MapWriter;
  void head(unsigned major, std::uint64_t value);
  void byte(unsigned value) {
    *room(1) = static_cast<std::uint8_t>(value);
    ++size_;
  }
  void big_endian(std::uint64_t value, std::size_t size) {
    std::uint8_t* to = room(size);
    for (std::size_t i = 0; i < size; ++i) {
      to[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
    }
    size_ += size;
  }
  std::uint8_t* room(std::size_t more) {
    if (more > capacity_ - size_) {
      grow(more);
    }
    return data_ + size_;
  }
  void grow(std::size_t more);

  std::uint8_t* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = sizeof inline_;
  std::uint8_t inline_[256];
};

// Writes one map whose pairs come in any order, and puts them into canonical order at the end.
class MapWriter {
 public:
  MapWriter(Writer& writer, std::size_t count) : writer_(writer) {
    entries_.reserve(count);
    writer_.map(count);
  }
  // Then write the value.
  void key(std::string_view text) {
    begin_key();
    writer_.text(text);
    end_key();
  }
  // A key of any type: write it between these two, then the value.
  void begin_key() { entries_.push_back({writer_.size(), 0}); }
  void end_key() { entries_.back().key_end = writer_.size(); }
  // Sorts what was written. kDuplicateKey when two keys are equal.
  [[nodiscard]] Errc finish();

 private:
  struct Entry {
    std::size_t begin = 0;
    std::size_t key_end = 0;
  };
  std::string_view key_of(const Entry& entry) const {
    return {reinterpret_cast<const char*>(writer_.data_) + entry.begin,
            entry.key_end - entry.begin};
  }
  void reorder();

  Writer& writer_;
  std::vector<Entry> entries_;
};

inline void Writer::head(unsigned major, std::uint64_t value) {
  const unsigned top = major << 5;
  if (value < 24) {
    byte(top | static_cast<unsigned>(value));
  } else if (value <= 0xFF) {
    byte(top | 24);
    big_endian(value, 1);
  } else if (value <= 0xFFFF) {
    byte(top | 25);
    big_endian(value, 2);
  } else if (value <= 0xFFFFFFFF) {
    byte(top | 26);
    big_endian(value, 4);
  } else {
    byte(top | 27);
    big_endian(value, 8);
  }
}

inline void Writer::number(double value) {
  float single = 0;
  std::uint16_t half = 0;
  if (std::isnan(value)) {
    byte(0xF9);
    big_endian(0x7E00, 2);
  } else if (!detail::fits_float(value, single)) {
    byte(0xFB);
    big_endian(std::bit_cast<std::uint64_t>(value), 8);
  } else if (!detail::fits_half(single, half)) {
    byte(0xFA);
    big_endian(std::bit_cast<std::uint32_t>(single), 4);
  } else {
    byte(0xF9);
    big_endian(half, 2);
  }
}

inline void Writer::grow(std::size_t more) {
  const std::size_t wanted = std::max(capacity_ * 2, size_ + more);
  void* grown = data_ == inline_ ? std::malloc(wanted) : std::realloc(data_, wanted);
  if (grown == nullptr) {
    throw std::bad_alloc();
  }
  if (data_ == inline_) {
    std::memcpy(grown, inline_, size_);
  }
  data_ = static_cast<std::uint8_t*>(grown);
  capacity_ = wanted;
}

inline Errc MapWriter::finish() {
  const auto before = [this](const Entry& a, const Entry& b) { return key_of(a) < key_of(b); };
  if (!std::is_sorted(entries_.begin(), entries_.end(), before)) {
    reorder();
  }
  const auto same = [this](const Entry& a, const Entry& b) { return key_of(a) == key_of(b); };
  const bool twice = std::adjacent_find(entries_.begin(), entries_.end(), same) != entries_.end();
  return twice ? Errc::kDuplicateKey : Errc::kOk;
}

inline void MapWriter::reorder() {
  const std::size_t from = entries_.front().begin;
  const std::vector<std::uint8_t> old(writer_.data_ + from, writer_.data_ + writer_.size_);
  std::vector<std::pair<Entry, std::size_t>> order;  // entry, its length
  order.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::size_t end = i + 1 < entries_.size() ? entries_[i + 1].begin : writer_.size_;
    order.emplace_back(entries_[i], end - entries_[i].begin);
  }
  std::sort(order.begin(), order.end(),
            [this](const auto& a, const auto& b) { return key_of(a.first) < key_of(b.first); });
  std::size_t to = from;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& [entry, length] = order[i];
    std::memcpy(writer_.data_ + to, old.data() + (entry.begin - from), length);
    entries_[i] = {to, to + (entry.key_end - entry.begin)};
    to += length;
  }
}

}  // namespace runar::cbor
