// The fingerprint by which people know a CA: "SHA256:" and 64 hexadecimal digits, of the whole
// certificate, as `openssl x509 -fingerprint -sha256` computes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/certificate.h"

namespace runard::identity {

std::string fingerprint_text(const crypto::Certificate& certificate);

// Takes upper case too, and colons between the bytes.
std::optional<crypto::Sha256> parse_fingerprint(std::string_view text);

}  // namespace runard::identity
