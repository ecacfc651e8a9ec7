// TlsSession: the TLS half of one connection: an SSL object and what its peer turned out to be.
//
// Lifetime: the connection reference given to create() and the ngtcp2_conn behind it outlive the
// session's use by ngtcp2; the session detaches itself from both before it frees the SSL object.
// One thread.
#pragma once

#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_ossl.h>

#include <memory>
#include <optional>

#include "transport/tls_context.h"

namespace runard::transport {

class TlsSession {
 public:
  // `reference` must stay where it is for the session's life.
  static core::Result<std::unique_ptr<TlsSession>> create(std::shared_ptr<const TlsContext> context,
                                                          bool server,
                                                          ngtcp2_crypto_conn_ref* reference);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  // What ngtcp2 wants as its native handle: not the SSL object.
  ngtcp2_crypto_ossl_ctx* native() const { return handle_; }
  const TlsContext* context() const { return context_.get(); }
  // Set once the peer's certificate was accepted. TLS proves the key with it before the handshake
  // completes; before that nobody may rely on it.
  const std::optional<PeerIdentity>& peer() const { return peer_; }
  // Why the peer's certificate was refused.
  const std::optional<core::Error>& refusal() const { return refusal_; }

  // The same judgement of the peer's certificate by other rules, after the handshake.
  core::Result<PeerIdentity> judge_again(const PeerVerifier& verify) const;

  // What both sides agreed on. RFC 9001 section 8.1 wants a handshake without to fail; OpenSSL
  // fails it when the names differ, and not when a side says nothing.
  enum class Protocol : std::uint8_t { kNone, kMesh, kGuest };
  Protocol protocol() const;
  // Bytes that only the two ends of this connection can know (RFC 8446 section 7.5). False: before
  // the end of the handshake.
  bool export_secret(std::string_view label, std::span<std::uint8_t> out) const;

  // For SSL_CTX_set_cert_verify_callback.
  static int on_verify(X509_STORE_CTX* store, void* unused);

 private:
  explicit TlsSession(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}

  std::shared_ptr<const TlsContext> context_;
  SSL* ssl_ = nullptr;
  ngtcp2_crypto_ossl_ctx* handle_ = nullptr;
  std::optional<PeerIdentity> peer_;
  std::optional<core::Error> refusal_;
};

}  // namespace runard::transport
