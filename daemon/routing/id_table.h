// IdTable: from a hash to a 32-bit id whose key the caller compares; shares pages like CowPages.
//
// Shape: open addressing with linear probing, at most half full, removal by moving back (so no
// tombstones pile up under churn). Id 0 is "none". Keys lie with the caller, who hashes them with a
// secret key (PathHash), so probe runs stay short whatever a peer registers.
#pragma once

#include <cstdint>
#include <utility>

#include "routing/cow_pages.h"

namespace runard::routing {

class IdTable {
 public:
  // The id with this hash for which is_it(id) holds, or 0.
  template <class IsIt>
  std::uint32_t find(std::uint64_t hash, IsIt is_it) const {
    if (count_ == 0) {
      return 0;
    }
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::uint32_t at = tag & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.id == 0) {
        return 0;
      }
      if (slot.tag == tag && is_it(slot.id)) {
        return slot.id;
      }
    }
  }
  void insert(std::uint64_t hash, std::uint32_t id) {
    if (2 * (count_ + 1) > slots_.size()) {
      rebuild(slots_.size() == 0 ? CowPages<Slot>::kPageItems : 2 * slots_.size());
    }
    place({static_cast<std::uint32_t>(hash), id});
    ++count_;
  }
  // The pair must be there.
  void erase(std::uint64_t hash, std::uint32_t id) {
    std::uint32_t hole = static_cast<std::uint32_t>(hash) & mask();
    while (slots_[hole].id != id) {
      hole = (hole + 1) & mask();
    }
    for (std::uint32_t at = (hole + 1) & mask(); slots_[at].id != 0; at = (at + 1) & mask()) {
      const std::uint32_t home = slots_[at].tag & mask();
      if (((at - home) & mask()) >= ((at - hole) & mask())) {
        const Slot moved = slots_[at];  // edit() may let go of the page it lies in
        slots_.edit(hole) = moved;
        hole = at;
      }
    }
    slots_.edit(hole) = Slot{};
    --count_;
  }

  std::uint32_t size() const { return count_; }
  IdTable share() {
    IdTable copy;
    copy.slots_ = slots_.share();
    copy.count_ = count_;
    return copy;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t id = 0;
  };

  std::uint32_t mask() const { return slots_.size() - 1; }  // the size is a power of two
  void place(Slot slot) {
    std::uint32_t at = slot.tag & mask();
    while (slots_[at].id != 0) {
      at = (at + 1) & mask();
    }
    slots_.edit(at) = slot;
  }
  void rebuild(std::uint32_t size) {
    CowPages<Slot> old = std::exchange(slots_, CowPages<Slot>());
    slots_.grow(size);
    for (std::uint32_t at = 0; at < old.size(); ++at) {
      if (old[at].id != 0) {
        place(old[at]);
      }
    }
  }

  CowPages<Slot> slots_;
  std::uint32_t count_ = 0;
};

}  // namespace runard::routing
