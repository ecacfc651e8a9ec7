// Comparing what an attacker may guess at: tags, commitments, tokens.
#pragma once

#include "core/bytes.h"

namespace runard::crypto {

// In a time that depends on the lengths only. Empty views are equal.
bool equal_in_constant_time(core::ByteView a, core::ByteView b);

}  // namespace runard::crypto
