// Reads where a JSON Schema says "x-runar-label".
//
// Looked into: properties, additionalProperties, items, anyOf, oneOf, allOf. A label anywhere else
// in the schema, or a $ref in one with labels, refuses it: a field must not stay readable because
// nobody understood the schema. "x-runar-owner" at the root names the member that holds the
// profile id of the one whose data it is.
// Errors: kTypeRefused, with the place and the reason.
#pragma once

#include <string_view>

#include "core/result.h"
#include "sealing/type.h"

namespace runard::sealing {

// A type without label sets: nothing in it is private.
core::Result<Type> read_schema(std::uint64_t id, std::string_view name, std::string_view schema);

}  // namespace runard::sealing
