// TlsContext: this node's certificate, key and rules for TLS, for both roles. Immutable: a reload
// makes another one, new connections take that, old ones keep theirs.
//
// TLS 1.3 only, groups X25519MLKEM768 and X25519, ALPN "runar/1", a certificate wanted on both
// sides, no tickets, no early data. The peer's chain is judged by the PeerVerifier alone: no store
// of the system's is ever asked.
// Errors: kCertificateInvalid when OpenSSL does not take the material, kInternal for its own
// failures.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>

#include "transport/peer.h"

namespace runard::transport {

struct TlsMaterial {
  EVP_PKEY* key = nullptr;  // borrowed for the length of create()
  X509* certificate = nullptr;
  std::span<X509* const> intermediates;  // sent after it
};

class TlsContext {
 public:
  static constexpr std::string_view kProtocol = "runar/1";  // in ALPN

  static core::Result<std::shared_ptr<const TlsContext>> create(const TlsMaterial& material,
                                                                PeerVerifier verify);
  SSL_CTX* native(bool server) const { return server ? server_.get() : client_.get(); }
  const PeerVerifier& verify() const { return verify_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using ContextPtr = std::unique_ptr<SSL_CTX, Free>;
  explicit TlsContext(PeerVerifier verify) : verify_(std::move(verify)) {}
  static core::Result<ContextPtr> make(bool server, const TlsMaterial& material);

  PeerVerifier verify_;
  ContextPtr server_;
  ContextPtr client_;
};

}  // namespace runard::transport
