// Text on the wire is UTF-8 (RFC 3629): no surrogates, no overlong forms.
#pragma once

#include "core/bytes.h"

namespace runard::wire {

bool valid_utf8(core::ByteView bytes);

}  // namespace runard::wire
