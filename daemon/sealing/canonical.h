// Any CBOR to the deterministic encoding of RFC 8949 section 4.2.1.
#pragma once

#include <optional>

#include "core/bytes.h"

namespace runard::sealing {

// None: not one item of CBOR, nested deeper than kMaxValueDepth, or a map with a key twice.
std::optional<core::Bytes> canonical(core::ByteView cbor);

}  // namespace runard::sealing
