// SHA-256.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/bytes.h"

namespace runard::crypto {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(core::ByteView bytes);

std::string hex(core::ByteView bytes);  // lowercase

}  // namespace runard::crypto
