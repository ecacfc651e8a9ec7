// base64url without padding (RFC 4648 section 5), for secrets in text that people carry.
//
// One text for each sequence of bytes: what decodes is what encoding gives back. Not constant-time.
#pragma once

#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "crypto/secret_bytes.h"

namespace runard::crypto {

SecretBytes base64url(core::ByteView bytes);
std::optional<SecretBytes> parse_base64url(std::string_view text);

}  // namespace runard::crypto
