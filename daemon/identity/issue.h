// Makes the certificates of a mesh, in memory: its root and its nodes. Who may have one is decided
// by the caller (authority.h).
#pragma once

#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace runard::identity {

inline constexpr std::chrono::hours kMaxLifetime{24 * 365 * 30};

// A CA that can sign.
struct Signer {
  const crypto::PrivateKey& key;
  const crypto::Certificate& certificate;
};

// What the operator grants; nothing of it is taken from the node's request.
struct Grant {
  std::string name;
  std::vector<core::NetworkId> networks;  // 1..kMaxNetworks
  core::Duration lifetime{};              // more than 0, at most kMaxLifetime
  std::vector<std::string> groups{};      // at most kMaxGroups
  std::vector<std::string> labels{};      // KEY=VALUE, at most kMaxNodeLabels
};

// A self-signed root "NAME mesh CA". Errors: kInvalidArgument for a bad name or lifetime.
core::Result<crypto::Certificate> issue_root(const crypto::PrivateKey& key, const std::string& name,
                                             core::Duration lifetime, core::WallTime now,
                                             core::Random& random);

// The root after `before`, named "NAME mesh CA 2" and so on, and its key certified by the one
// before, for those who know only that. The cross certificate ends with the earlier of the two.
core::Result<crypto::Certificate> issue_next_root(const crypto::PrivateKey& key,
                                                  const crypto::Certificate& before,
                                                  core::Duration lifetime, core::WallTime now,
                                                  core::Random& random);
core::Result<crypto::Certificate> issue_cross(const Signer& before, const crypto::Certificate& next,
                                              core::WallTime now, core::Random& random);

// A node's certificate: begins kBackdate before now, ends at least a second before the CA's.
// Errors: kInvalidArgument for a bad name, lifetime, group, label or number of networks;
// kCertificateExpired when the CA's time is over.
core::Result<crypto::Certificate> issue_node(const Signer& signer, const crypto::PublicKey& key,
                                             const Grant& grant, core::WallTime now,
                                             core::Random& random);

}  // namespace runard::identity
