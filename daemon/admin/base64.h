// Base64 (RFC 4648 section 4, with padding) for payloads inside JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"

namespace runard::admin {

std::string to_base64(core::ByteView bytes);
// None when the text is not canonical base64.
std::optional<core::Bytes> from_base64(std::string_view text);

}  // namespace runard::admin
