// FixedList<T, kMost>: up to kMost values, where the list itself is. What lies past size() is not
// initialised, so that making one costs nothing. T needs no destruction.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace runard::core {

template <class T, std::size_t kMost>
class FixedList {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  FixedList() {}  // NOLINT(*-use-equals-default,*-member-init): = default would want all values
  FixedList(const FixedList&) = delete;
  FixedList& operator=(const FixedList&) = delete;
  ~FixedList() = default;

  static constexpr std::size_t capacity() { return kMost; }
  std::size_t size() const { return size_; }
  const T& operator[](std::size_t i) const { return values_[i]; }
  std::span<const T> view() const { return {values_.data(), size_}; }

  void clear() { size_ = 0; }
  // Only while size() < capacity().
  void add(T value) { std::construct_at(&values_[size_++], std::move(value)); }

 private:
  std::size_t size_ = 0;
  union {
    std::array<T, kMost> values_;
  };
};

}  // namespace runard::core
