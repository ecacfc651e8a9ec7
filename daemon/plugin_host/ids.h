// The runar_ids that plugins hold: a slot's id with its kind, so that the id of a timer is not
// taken for the id of a request.
//
// Shape: generation (32 bits) | kind (4) | action (10, of requests only) | slot index + 1 (18). The
// action's number travels in the id so that an answer that comes too late can still be blamed on
// the right action.
#pragma once

#include <runar/plugin.h>

#include "core/slot_table.h"

namespace runard::plugin_host {

enum class IdKind : std::uint8_t {
  kNone = 0,
  kRequest = 1,
  kCall = 2,
  kTask = 3,
  kAction = 4,
  kSubscription = 5,
  kEvent = 6,
};

inline constexpr std::uint32_t kMaxActions = 1023;  // of one service instance
inline constexpr std::uint32_t kMaxSlots = (1U << 18) - 1;

constexpr runar_id make_id(core::SlotId slot, IdKind kind, std::uint32_t action = 0) {
  return slot | (static_cast<std::uint64_t>(kind) << 28) |
         (static_cast<std::uint64_t>(action) << 18);
}
constexpr IdKind kind_of(runar_id id) {
  return static_cast<IdKind>((id >> 28) & 0xF);
}
constexpr std::uint32_t action_of(runar_id id) {
  return static_cast<std::uint32_t>(id >> 18) & kMaxActions;
}
constexpr core::SlotId slot_of(runar_id id) {
  return id & ~std::uint64_t{0xFFFC0000};
}

}  // namespace runard::plugin_host
