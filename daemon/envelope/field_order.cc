#include "envelope/field_order.h"

#include <algorithm>
#include <runar/cbor/utf8.hpp>
#include <tuple>

#include "envelope/fields.h"
#include "envelope/limits.h"

namespace runard::envelope {
namespace {

using core::Errc;

// Texts in the bytewise order of their encodings: the shorter first (RFC 8949 section 4.2.1).
auto rank(const Field& field) {
  return std::tuple(field.path.size(), field.path);
}

core::Result<void> check(const Field& field) {
  if (field.path.size() > kMaxFieldPath) {
    return core::fail(Errc::kEnvelopeLimit, "a field's path is too long");
  }
  if (field.path.empty() || !runar::cbor::is_utf8(field.path)) {
    return core::fail(Errc::kInvalidArgument, "a field's path is empty or not UTF-8");
  }
  if (!is_canonical(field.value, kMaxFieldDepth)) {
    return core::fail(Errc::kInvalidArgument, "a field's value is not one canonical CBOR item");
  }
  return {};
}

}  // namespace

core::Result<void> FieldOrder::add(std::size_t map, std::span<const Field> fields) {
  if (fields.size() > kMaxFields) {
    return core::fail(Errc::kEnvelopeLimit, "too many fields");
  }
  for (const Field& field : fields) {
    if (const auto good = check(field); !good) {
      return good;
    }
    slots_.push_back({map, &field});
  }
  return {};
}

core::Result<void> FieldOrder::sort() {
  const auto path = [](const Slot& slot) { return rank(*slot.field); };
  std::ranges::sort(slots_, {}, path);
  if (std::ranges::adjacent_find(slots_, {}, path) != slots_.end()) {
    return core::fail(Errc::kInvalidArgument, "a field stands in the message twice");
  }
  std::ranges::sort(slots_, {}, [](const Slot& slot) {
    return std::tuple(slot.map, slot.field->path.size(), slot.field->path);
  });
  return {};
}

std::span<const FieldOrder::Slot> FieldOrder::of(std::size_t map) const {
  const auto range = std::ranges::equal_range(slots_, map, {}, &Slot::map);
  return {range.begin(), range.end()};
}

}  // namespace runard::envelope
