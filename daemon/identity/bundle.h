// Bundle: what `ca sign` gives and `node install` takes: one PEM text of the node's certificate,
// its CAs (intermediates first, then one or more roots), the signed names of its networks, and
// statements, if there are any.
// Nothing in it is secret.
//
// Parsing checks form only; check_bundle checks what it says. The text of a bundle is canonical:
// what parses is what text() gives back.
// Errors: kBundleInvalid.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "identity/certificate.h"
#include "identity/networks.h"
#include "identity/statement.h"

namespace runard::identity {

inline constexpr std::size_t kMaxBundleText = 512 * 1024;

struct Bundle {
  crypto::Certificate certificate;
  std::vector<crypto::Certificate> intermediates;
  std::vector<crypto::Certificate> roots;  // 1..kMaxRoots
  SignedNetworks networks;
  std::vector<Statement> statements{};  // what is newer than the certificate

  static core::Result<Bundle> parse(std::string_view text);
  std::string text() const;
};

// A bundle whose every statement was proven from its roots. Whether the roots are the right ones is
// the caller's to know.
struct CheckedBundle {
  PeerIdentity identity;
  std::vector<NetworkDescriptor> networks;  // of the same ids as identity.networks
  TrustBundle trust;
};

// Errors: those of verify_peer, and kBundleInvalid when the names of the networks are not signed by
// the certificate's issuer or are not those of the certificate.
core::Result<CheckedBundle> check_bundle(const Bundle& bundle, core::WallTime now);

}  // namespace runard::identity
