// verify_peer: who is at the other end. The one check of a node's certificate, for both TLS roles,
// for `node install` and for this node's own certificate at start.
//
// In order: a chain to a root of the bundle (signatures, times, CA flags, both TLS roles), no CA
// itself, a P-256 key, exactly one name runar://node/ID, that ID being the hash of the key, at
// least one network, groups and node labels that are well formed, not denied. Nothing else in the
// certificate counts.
//
// Errors, one for each reason: kCertificateUntrusted, kCertificateExpired, kCertificateNotYetValid,
// kCertificatePurpose, kCertificateInvalid, kCertificateNodeUri, kCertificateNodeId,
// kCertificateNoNetworks, kCertificateBadNetworks, kCertificateTooManyNetworks,
// kCertificateBadGroups, kNodeDenied.
// Error::about never repeats text of the peer's.
//
// Threading: any thread; takes about 0.15 ms, no I/O.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/key.h"
#include "crypto/openssl_ptr.h"
#include "identity/trust_bundle.h"

namespace runard::identity {

struct PeerIdentity {
  core::NodeId id;
  std::string name;                       // the operator's name for it; never an identity
  std::vector<core::NetworkId> networks;  // ascending; without those denied to it
  std::vector<std::string> groups;        // ascending; groups.h
  core::WallTime not_after;               // when the first certificate of its chain ends
  std::shared_ptr<const crypto::PublicKey> key = nullptr;  // of its certificate
  std::vector<std::string> labels{};                       // ascending; node_labels.h
};

// `intermediates` may be null and may hold the leaf and roots too, as TLS gives it.
core::Result<PeerIdentity> verify_peer(X509* leaf, STACK_OF(X509) * intermediates,
                                       const TrustBundle& trust, core::WallTime now);

// For SSL_CTX_set_cert_verify_callback: checks the chain that TLS put into `context` and sets the
// context's error, from which TLS makes its alert. The callback returns 1 on success, else 0.
core::Result<PeerIdentity> verify_peer(X509_STORE_CTX* context, const TrustBundle& trust,
                                       core::WallTime now);

// The groups and node labels that a certificate names, unverified; for showing it too.
core::Result<std::vector<std::string>> groups_of(const X509* leaf);
core::Result<std::vector<std::string>> node_labels_of(const X509* leaf);

// The leaf first; at most crypto::kMaxChain certificates.
core::Result<PeerIdentity> verify_peer(std::span<const core::Bytes> chain_der,
                                       const TrustBundle& trust, core::WallTime now);

}  // namespace runard::identity
