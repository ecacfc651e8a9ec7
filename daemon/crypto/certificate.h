// Certificate: one X.509 certificate, parsed. An immutable value (copies share OpenSSL's object);
// any thread.
//
// Parsing says nothing about trust: see chain.h.
// Errors: kCertificateInvalid.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "crypto/digest.h"
#include "crypto/key.h"

namespace runard::crypto {

inline constexpr std::size_t kMaxCertificateDer = 16 * 1024;
inline constexpr std::string_view kCertificateLabel = "CERTIFICATE";

class Certificate {
 public:
  // Exactly one certificate in DER; BER and bytes after it are refused.
  static core::Result<Certificate> from_der(core::ByteView der);
  static core::Result<Certificate> from_pem(std::string_view text);
  static Certificate share(X509* certificate);

  core::Bytes der() const;
  std::string pem() const;
  Sha256 fingerprint() const;  // of the DER, as `openssl x509 -fingerprint -sha256`
  std::string serial() const;  // lowercase hex
  // The subject's only CN; empty when it has none, several, or one with a NUL byte.
  std::string common_name() const;
  core::WallTime not_before() const;
  core::WallTime not_after() const;  // at most WallTime::max(), in the year 2262
  core::Result<PublicKey> public_key() const;
  bool is_authority() const;  // may sign certificates
  bool is_self_issued() const;
  // Whether `issuer` made this one: names, key ids and the signature.
  bool issued_by(const Certificate& issuer) const;
  X509* native() const { return certificate_.get(); }

  friend bool operator==(const Certificate& a, const Certificate& b) {
    return X509_cmp(a.native(), b.native()) == 0;
  }

 private:
  explicit Certificate(std::shared_ptr<X509> certificate) : certificate_(std::move(certificate)) {}

  std::shared_ptr<X509> certificate_;
};

// The key of a certificate that came from TLS.
core::Result<PublicKey> public_key_of(const X509* certificate);
std::string common_name_of(const X509_NAME* name);
core::WallTime wall_time(const ASN1_TIME* time);

}  // namespace runard::crypto
