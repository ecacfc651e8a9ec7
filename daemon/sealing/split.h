// Split: takes the private fields out of a value.
//
// What stays is the value with a mark in each private field's place: the tag
// RUNAR_CBOR_TAG_REDACTED around the list of its labels. A field that is such a mark already (it
// was not readable here) stays one.
// Errors: kNotOfItsType for what is not CBOR, or no value of the type where private fields would
// be; kTooLarge beyond kMaxValueDepth or the limits of an envelope.
#pragma once

#include <string>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "sealing/type.h"

namespace runard::sealing {

struct PrivateField {
  std::uint32_t labels = 0;  // a place in Type::label_sets
  std::string path;
  core::ByteView value;  // one item of canonical CBOR; borrowed
};

struct Split {
  core::Bytes clear;                 // canonical CBOR
  std::vector<PrivateField> fields;  // in the value's order
  core::ProfileId owner;             // whose data it says it is; zero: it does not
  core::Bytes canonical;             // the value in canonical form, if it came in another
};

// The fields' values point into `cbor`, or into Split::canonical.
core::Result<Split> split(const Type& type, core::ByteView cbor);

}  // namespace runard::sealing
