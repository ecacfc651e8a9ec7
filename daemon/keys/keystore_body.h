// The entries of a keystore as CBOR: what its file has encrypted (README.md has the bytes).
#pragma once

#include <vector>

#include "keys/entry.h"

namespace runard::keys {

// kTooLarge for more than kMaxBody bytes. The entries passed sort_and_check().
core::Result<crypto::SecretBytes> encode_entries(const std::vector<Entry>& entries);

// kKeystoreDamaged for any but the canonical form.
core::Result<std::vector<Entry>> decode_entries(core::ByteView cbor);

}  // namespace runard::keys
