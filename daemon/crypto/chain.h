// Certificate chains, checked against given roots only: never the system's.
//
// Threading: a TrustStore is immutable once made and may be used from any thread.
#pragma once

#include <span>

#include "core/clock.h"
#include "core/result.h"
#include "crypto/certificate.h"

namespace runard::crypto {

inline constexpr int kMaxChain = 8;  // certificates that a peer may send, its own included

class TrustStore {
 public:
  // Errors: kCertificateInvalid for a root that is no CA.
  static core::Result<TrustStore> create(std::span<const Certificate> roots);
  X509_STORE* native() const { return store_.get(); }

 private:
  explicit TrustStore(std::shared_ptr<X509_STORE> store) : store_(std::move(store)) {}
  std::shared_ptr<X509_STORE> store_;
};

// Builds and checks the chain from `leaf` over `intermediates` (may be null, not trusted) to a
// root: signatures, times at `now`, CA flags and path lengths, strict RFC 5280 form, and that the
// leaf may be both a TLS server and a TLS client. Gives the time at which the first certificate of
// the chain ends.
//
// Errors: kCertificateUntrusted, kCertificateExpired, kCertificateNotYetValid,
// kCertificatePurpose, kCertificateInvalid.
core::Result<core::WallTime> verify_chain(X509* leaf, STACK_OF(X509) * intermediates,
                                          const TrustStore& trust, core::WallTime now);

// The same for a CA below a root, whose own certificate comes first: whether it may sign now.
// At most kMaxChain certificates. Errors: those of verify_chain but kCertificatePurpose.
core::Result<void> verify_authority(std::span<const Certificate> chain, const TrustStore& trust,
                                    core::WallTime now);

}  // namespace runard::crypto
