// FieldOrder: checks a message's fields and puts those of each map into canonical order.
//
// Keeps its memory from message to message. One thread at a time.
#pragma once

#include <span>
#include <vector>

#include "core/result.h"
#include "envelope/core.h"

namespace runard::envelope {

class FieldOrder {
 public:
  void clear() { slots_.clear(); }
  // The fields of one map; `map` ascends from call to call. kInvalidArgument for a path or value
  // that Field does not allow, kEnvelopeLimit for too many fields or a path that is too long.
  core::Result<void> add(std::size_t map, std::span<const Field> fields);
  // After the last add(). kInvalidArgument when a path stands there twice.
  core::Result<void> sort();

  struct Slot {
    std::size_t map = 0;
    const Field* field = nullptr;
  };
  // In canonical order; valid until clear().
  std::span<const Slot> of(std::size_t map) const;

 private:
  std::vector<Slot> slots_;
};

}  // namespace runard::envelope
