// A throw-away CA and node certificates for tests of the transport, made with OpenSSL directly. The
// subject's common name holds what a real certificate has in extensions: "name/network,network".
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "transport/tls_context.h"

namespace runard::testing {

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;
using CertPtr = std::unique_ptr<X509, FreeOpenSsl>;
using StorePtr = std::unique_ptr<X509_STORE, FreeOpenSsl>;

inline KeyPtr make_key() {
  return KeyPtr(EVP_EC_gen("P-256"));
}

inline core::NodeId node_id_of(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_pubkey_digest(certificate, EVP_sha256(), digest, &size);
  return *core::NodeId::from({digest, 16});
}

inline core::NetworkId network_of(const std::string& name) {
  core::NetworkId id;
  for (std::size_t i = 0; i < name.size() && i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(name[i]);
  }
  return id;
}

struct CertOptions {
  std::string name = "node";
  std::vector<std::string> networks{"main"};
  long not_before = -3600;  // seconds from now
  long not_after = 3600;
};

class TestCa {
 public:
  TestCa() : key_(make_key()), certificate_(issue(key_.get(), "test ca", {}, nullptr)) {}

  CertPtr certify(EVP_PKEY* key, const CertOptions& options) const {
    std::string name = options.name + '/';
    for (const std::string& network : options.networks) {
      name += (name.back() == '/' ? "" : ",") + network;
    }
    return issue(key, name, options, certificate_.get());
  }
  X509* certificate() const { return certificate_.get(); }

 private:
  CertPtr issue(EVP_PKEY* key, const std::string& name, const CertOptions& options,
                X509* issuer) const {
    CertPtr certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), options.not_before);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), options.not_after);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), issuer ? X509_get_subject_name(issuer) : subject);
    X509_set_pubkey(certificate.get(), key);
    X509_EXTENSION* constraints = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints,
                                                      issuer ? "CA:FALSE" : "critical,CA:TRUE");
    X509_add_ext(certificate.get(), constraints, -1);
    X509_EXTENSION_free(constraints);
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    return certificate;
  }

  KeyPtr key_;
  CertPtr certificate_;
};

// Judges as the real one does: chain, times, then what the certificate says.
inline transport::PeerVerifier verifier_for(const TestCa& ca) {
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), [](X509_STORE* s) { X509_STORE_free(s); });
  X509_STORE_add_cert(store.get(), ca.certificate());
  return [store](X509_STORE_CTX* given) -> core::Result<transport::PeerIdentity> {
    X509* leaf = X509_STORE_CTX_get0_cert(given);
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store.get(), leaf, X509_STORE_CTX_get0_untrusted(given));
    const bool good = X509_verify_cert(context) == 1;
    const int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    if (!good) {
      X509_STORE_CTX_set_error(given, error);
      return core::fail(error == X509_V_ERR_CERT_HAS_EXPIRED ? core::Errc::kCertificateExpired
                                                             : core::Errc::kCertificateUntrusted,
                        X509_verify_cert_error_string(error));
    }
    char text[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, text, sizeof text);
    const std::string name(text);
    transport::PeerIdentity peer;
    peer.node = node_id_of(leaf);
    const std::size_t slash = name.find('/');
    peer.name = name.substr(0, slash);
    for (std::size_t at = slash + 1; at < name.size();) {
      const std::size_t end = std::min(name.find(',', at), name.size());
      peer.networks.push_back(network_of(name.substr(at, end - at)));
      at = end + 1;
    }
    return peer;
  };
}

// A node's key and certificate.
struct TestIdentity {
  KeyPtr key = make_key();
  CertPtr certificate;
  core::NodeId id;

  TestIdentity(const TestCa& ca, const CertOptions& options)
      : certificate(ca.certify(key.get(), options)), id(node_id_of(certificate.get())) {}

  std::shared_ptr<const transport::TlsContext> tls(const TestCa& trusted,
                                                   bool guests = false) const {
    X509* const roots[] = {trusted.certificate()};
    const std::span<X509* const> for_guests(roots, guests ? 1 : 0);
    return *transport::TlsContext::create({key.get(), certificate.get(), {}, for_guests},
                                          verifier_for(trusted));
  }
};

}  // namespace runard::testing
