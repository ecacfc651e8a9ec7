// Join: puts opened fields back into a value.
//
// Every field has to have a mark in its place with the labels of its group; marks without a field
// stay: they are what receivers see as redacted. The opposite of split.h.
// Errors: kEnvelopeFields.
#pragma once

#include <span>

#include "core/result.h"
#include "envelope/opened.h"

namespace runard::sealing {

core::Result<core::Bytes> join(const envelope::Opened& opened);

}  // namespace runard::sealing
