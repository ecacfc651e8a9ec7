// Builds and signs certificates. What may stand in one is the caller's choice (identity/profile.h);
// here is only how it is encoded: version 3, ecdsa-with-SHA256, and a subject of one CN.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "crypto/certificate.h"

namespace runard::crypto {

// One extension in the words of OpenSSL's configuration (x509v3_config(5)): a name or dotted OID,
// and a value such as "critical,CA:FALSE" or "DER:3000". Never built from what a peer sent.
struct ExtensionText {
  std::string name;
  std::string value;
};

struct CertificateSpec {
  std::string common_name;  // 1..64 bytes of UTF-8
  std::array<std::uint8_t, 16> serial{};
  core::WallTime not_before;  // whole seconds count
  core::WallTime not_after;
  std::vector<ExtensionText> extensions;
};

// Who signs: a CA, or for a self-signed certificate its own key and no certificate.
struct Issuer {
  const PrivateKey& key;
  const Certificate* certificate = nullptr;
};

// Errors: kInternal, with OpenSSL's reason.
core::Result<Certificate> build_certificate(const CertificateSpec& spec, const PublicKey& subject,
                                            const Issuer& issuer);

}  // namespace runard::crypto
