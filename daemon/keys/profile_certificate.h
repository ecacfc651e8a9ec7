// ProfileCertificate: a user's public key, what the statement of a profile says: name, key, the
// nodes that may act for the user, until when. The user's root key signs it, and the hash of that
// key is the profile's id, so nobody else can say anything about the profile. README.md has the
// bytes.
//
// Errors: kProfileInvalid. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/agreement_key.h"

namespace runard::keys {

inline constexpr std::size_t kMaxProfileNodes = 128;

struct ProfileCertificate {
  std::string name;  // for people: valid_name()
  std::uint32_t version = 1;
  crypto::AgreementPublicKey key;
  std::vector<core::NodeId> nodes;  // that may act for it; ascending, at most kMaxProfileNodes
  std::uint64_t not_after_ms = 0;

  static core::Result<ProfileCertificate> parse(core::ByteView body);
  core::Bytes bytes() const;
  friend bool operator==(const ProfileCertificate&, const ProfileCertificate&) = default;
};

}  // namespace runard::keys
