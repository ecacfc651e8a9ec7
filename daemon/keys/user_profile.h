// UserProfile: what a user keeps of a profile, in a folder of the user's own:
//
//   keystore.rks   the root key (P-256, signs) and the seed (32 bytes)
//   profile.pem    the newest certificate
//
// The profile's X25519 key is derived from the seed by its version, so the folder is all that has
// to be kept safe. Nodes get the certificate (public), and the private key only by delegate().
// Errors: kProfileInvalid, and those of Keystore. Threading: one owner.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "identity/authority.h"
#include "identity/statement.h"
#include "keys/delegation.h"
#include "keys/keystore.h"
#include "keys/profile_certificate.h"

namespace runard::keys {

inline constexpr std::size_t kSeedSize = 32;

class UserProfile {
 public:
  // kConflict when there is one in the folder, which is made with mode 0700.
  static core::Result<UserProfile> create(const identity::Host& host,
                                          const std::filesystem::path& folder,
                                          const std::string& name, const KekSource& source);
  static core::Result<UserProfile> open(const identity::Host& host,
                                        const std::filesystem::path& folder,
                                        const KekSource& source);

  const KeyId& id() const { return id_; }
  const ProfileCertificate& certificate() const { return certificate_; }

  // A certificate that names these nodes, durably the newest.
  core::Result<identity::Statement> publish(std::vector<core::NodeId> nodes,
                                            std::uint64_t not_after_ms);
  // The next version of the key, from the next publish() on.
  core::Result<void> rotate();
  // The private key of the version that was published last, for a node.
  core::Result<Delegation> delegate(const AgreementRecord& to);

 private:
  UserProfile(const identity::Host& host, std::filesystem::path folder, Keystore store,
              crypto::PrivateKey root, ProfileCertificate certificate, std::uint64_t generation);
  static core::Result<UserProfile> assemble(const identity::Host& host,
                                            const std::filesystem::path& folder, Keystore store);

  identity::Host host_;
  std::filesystem::path folder_;
  Keystore store_;
  crypto::PrivateKey root_;
  KeyId id_;
  ProfileCertificate certificate_;
  std::uint64_t generation_;
};

// The profile's private key of that version.
core::Result<crypto::AgreementPrivateKey> derive_profile_key(core::ByteView seed,
                                                             std::uint32_t version);

}  // namespace runard::keys
