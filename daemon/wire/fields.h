// Fields: writes a CBOR map of up to 23 pairs whose number is known only at the end, so that fields
// with their default value can be left out. Keys must ascend.
#pragma once

#include "core/check.h"
#include "wire/cbor.h"

namespace runard::wire {

class Fields {
 public:
  explicit Fields(core::Bytes& out) : out_(out), writer_(out), head_(out.size()) { writer_.map(0); }
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;
  ~Fields() {
    RUNARD_CHECK(pairs_ <= 23);  // a head of one byte
    out_[head_] = static_cast<std::uint8_t>(out_[head_] | pairs_);
  }

  // One value must be written next.
  CborWriter& key(std::uint64_t key) {
    ++pairs_;
    writer_.key(key);
    return writer_;
  }
  void number(std::uint64_t k, std::uint64_t value) {
    if (value != 0) {
      key(k).number(value);
    }
  }
  void text(std::uint64_t k, std::string_view value) {
    if (!value.empty()) {
      key(k).text(value);
    }
  }

 private:
  core::Bytes& out_;
  CborWriter writer_;
  std::size_t head_;
  unsigned pairs_ = 0;
};

}  // namespace runard::wire
