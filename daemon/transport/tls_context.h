// TlsContext: this node's certificate, key and rules for TLS, for both roles. Immutable: a reload
// makes another one, new connections take that, old ones keep theirs.
//
// TLS 1.3 only, groups X25519MLKEM768 and X25519, ALPN "runar/1", a certificate wanted on both
// sides, no tickets, no early data. The peer's chain is judged by the PeerVerifier alone: no store
// of the system's is ever asked.
// Guests are those that have no certificate yet: they come with the ALPN "runar-enroll/1", which is
// taken only where guest_roots are given, and are asked for none.
// Errors: kCertificateInvalid when OpenSSL does not take the material, kInternal for its own
// failures.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <vector>

#include "transport/peer.h"

namespace runard::transport {

struct TlsMaterial {
  EVP_PKEY* key = nullptr;  // borrowed for the length of create()
  X509* certificate = nullptr;
  std::span<X509* const> intermediates;  // sent after it
  // Sent to guests after the chain, since they know a root by its hash only. None: no guests.
  std::span<X509* const> guest_roots = {};
};

class TlsContext {
 public:
  static constexpr std::string_view kProtocol = "runar/1";  // in ALPN
  static constexpr std::string_view kGuestProtocol = "runar-enroll/1";

  static core::Result<std::shared_ptr<const TlsContext>> create(const TlsMaterial& material,
                                                                PeerVerifier verify);
  // For a guest, which only dials.
  static core::Result<std::shared_ptr<const TlsContext>> create_guest(PeerVerifier verify);
  SSL_CTX* native(bool server) const { return server ? server_.get() : client_.get(); }
  const PeerVerifier& verify() const { return verify_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using ContextPtr = std::unique_ptr<SSL_CTX, Free>;
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  explicit TlsContext(PeerVerifier verify) : verify_(std::move(verify)) {}
  core::Result<ContextPtr> make(bool server, const TlsMaterial* material);
  void take_guest_roots(std::span<X509* const> roots);
  bool admit_guest(SSL* ssl) const;
  static int select_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                             const unsigned char* in, unsigned in_size, void* context);

  PeerVerifier verify_;
  std::vector<std::unique_ptr<X509, FreeCertificate>> guest_roots_;
  ContextPtr server_;
  ContextPtr client_;
};

}  // namespace runard::transport
