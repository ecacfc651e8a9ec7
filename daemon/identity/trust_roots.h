// The body of a trust statement: the root CAs that the mesh believes from now on. README.md has the
// bytes as a table. Errors: kStatementInvalid.
#pragma once

#include <vector>

#include "core/bytes.h"
#include "core/result.h"
#include "crypto/certificate.h"

namespace runard::identity {

// `roots`: 1 to kMaxRoots.
core::Bytes encode_trust_roots(const std::vector<crypto::Certificate>& roots);
// Certificates of root CAs, each different.
core::Result<std::vector<crypto::Certificate>> parse_trust_roots(core::ByteView body);

}  // namespace runard::identity
