// Argon2id (RFC 9106): a key of 32 bytes from a passphrase.
//
// Runs in the calling thread, for as long as the parameters say: half a second is usual.
#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "crypto/secret_bytes.h"

namespace runard::crypto {

// RFC 9106 section 4, the second choice: 64 MiB, three passes, four lanes.
struct Argon2Params {
  std::uint32_t memory_kib = 64 * 1024;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 4;
  friend bool operator==(const Argon2Params&, const Argon2Params&) = default;
};

// A file's parameters may not cost more than this.
inline constexpr Argon2Params kMaxArgon2{1024 * 1024, 64, 64};
inline constexpr std::size_t kMinArgon2Salt = 8;
inline constexpr std::size_t kMaxArgon2Salt = 64;

// What else may go in (RFC 9106 section 3.1); runard uses neither.
struct Argon2Inputs {
  core::ByteView secret;
  core::ByteView data;
};

// kInvalidArgument for parameters or a salt out of bounds, or memory below 8 KiB a lane.
core::Result<SecretBytes> argon2id(const SecretBytes& passphrase, core::ByteView salt,
                                   const Argon2Params& params, const Argon2Inputs& more = {});

}  // namespace runard::crypto
