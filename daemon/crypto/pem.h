// PEM text (RFC 7468) as blocks of DER, for everything that is not secret.
//
// Errors: kInvalidArgument, for text outside the blocks and beyond the limits too: what parses is
// byte for byte what write_pem gives back (carriage returns and empty lines at the end apart).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace runard::crypto {

inline constexpr std::size_t kMaxPemText = 512 * 1024;
inline constexpr std::size_t kMaxPemBlocks = 128;

struct PemLimits {
  std::size_t text = kMaxPemText;
  std::size_t blocks = kMaxPemBlocks;
};

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  core::Bytes der;
};

// `der` is not empty.
std::string write_pem(std::string_view label, core::ByteView der);
core::Result<std::vector<PemBlock>> parse_pem(std::string_view text, const PemLimits& limits = {});

}  // namespace runard::crypto
