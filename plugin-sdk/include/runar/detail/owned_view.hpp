// Copies of the strings that a runar_request or runar_event lends, so that they outlive the call.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include <runar/detail/host.hpp>

namespace runar::detail {

// One block for all strings and key-value lists of a view. Add up their sizes, then move each in.
class Arena {
 public:
  void count(runar_str text) { bytes_ += text.len; }
  void count(const runar_kv* list, std::size_t size) {
    pairs_ += size;
    for (std::size_t i = 0; i < size; ++i) {
      bytes_ += list[i].key.len + list[i].value.len;
    }
  }
  void allocate() {
    block_ = std::make_unique_for_overwrite<char[]>(pairs_ * sizeof(runar_kv) + bytes_);
    next_pair_ = reinterpret_cast<runar_kv*>(block_.get());
    next_ = block_.get() + pairs_ * sizeof(runar_kv);
  }
  void move_in(runar_str& text) {
    if (text.len > 0) {
      std::memcpy(next_, text.ptr, text.len);
    }
    text.ptr = next_;
    next_ += text.len;
  }
  void move_in(const runar_kv*& list, std::size_t size) {
    if (size == 0) {
      return;
    }
    runar_kv* copy = next_pair_;
    std::memcpy(copy, list, size * sizeof(runar_kv));
    for (std::size_t i = 0; i < size; ++i) {
      move_in(copy[i].key);
      move_in(copy[i].value);
    }
    next_pair_ += size;
    list = copy;
  }

 private:
  std::unique_ptr<char[]> block_;
  std::size_t pairs_ = 0;
  std::size_t bytes_ = 0;
  runar_kv* next_pair_ = nullptr;
  char* next_ = nullptr;
};

inline std::string_view find(const runar_kv* list, std::size_t size, std::string_view key) {
  for (std::size_t i = 0; i < size; ++i) {
    if (view(list[i].key) == key) {
      return view(list[i].value);
    }
  }
  return {};
}

}  // namespace runar::detail
