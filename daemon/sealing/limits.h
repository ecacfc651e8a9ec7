// What types and values may hold.
#pragma once

#include <cstddef>

#include "envelope/limits.h"

namespace runard::sealing {

inline constexpr std::size_t kMaxTypes = 4096;   // that have private fields, on a node
inline constexpr std::size_t kMaxShapes = 4096;  // of one type
inline constexpr std::size_t kMaxSchemaDepth = 32;
inline constexpr std::size_t kMaxLabelSets = envelope::kMaxGroups;  // of one type
// What stands in a private field's place is one level deeper than the field.
inline constexpr std::size_t kMaxValueDepth = envelope::kMaxFieldDepth - 1;
// The path of the one field that an envelope has in clear, and of a value that is private whole.
inline constexpr char kRootPath[] = "$";
inline constexpr char kWholePath[] = "$whole";

}  // namespace runard::sealing
