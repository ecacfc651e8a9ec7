// CowPages<T>: a growing array in pages that copies of it share until one of them writes.
//
// share() gives a copy in O(pages); afterwards the first write to a page, on either side, copies
// that page only. So a table of 100 000 routes is published after each change without being copied.
// Threading: one writer; share() hands the copy to readers (through something that synchronises,
// see Snapshot), and no page that was ever shared is written again. Indices are stable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace runard::routing {

template <class T>
class CowPages {
 public:
  static constexpr std::uint32_t kPageItems = 256;

  CowPages() = default;
  CowPages(const CowPages&) = delete;  // share() instead: a copy changes who may write
  CowPages& operator=(const CowPages&) = delete;
  CowPages(CowPages&& other) noexcept
      : pages_(std::move(other.pages_)),
        owned_(std::move(other.owned_)),
        size_(std::exchange(other.size_, 0)) {}
  CowPages& operator=(CowPages&& other) noexcept {
    pages_ = std::move(other.pages_);
    owned_ = std::move(other.owned_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~CowPages() = default;

  std::uint32_t size() const { return size_; }
  const T& operator[](std::uint32_t i) const { return (*pages_[i / kPageItems])[i % kPageItems]; }
  // The reference is good until the next share().
  T& edit(std::uint32_t i) {
    const std::uint32_t page = i / kPageItems;
    if (!owned_[page]) {
      pages_[page] = std::make_shared<Page>(*pages_[page]);
      owned_[page] = true;
    }
    return (*pages_[page])[i % kPageItems];
  }
  // Adds default values up to `size` items.
  void grow(std::uint32_t size) {
    while (pages_.size() * kPageItems < size) {
      pages_.push_back(std::make_shared<Page>());
      owned_.push_back(true);
    }
    size_ = size;
  }

  CowPages share() {
    owned_.assign(owned_.size(), false);
    CowPages copy;
    copy.pages_ = pages_;
    copy.owned_ = owned_;
    copy.size_ = size_;
    return copy;
  }

 private:
  using Page = std::array<T, kPageItems>;
  std::vector<std::shared_ptr<Page>> pages_;
  std::vector<bool> owned_;  // no other copy has the page
  std::uint32_t size_ = 0;
};

}  // namespace runard::routing
