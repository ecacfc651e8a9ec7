#include "transport/tls_session.h"

#include <openssl/err.h>

namespace runard::transport {
namespace {

// SSL app data is ngtcp2's; ours has an index of its own, given out once a process.
int session_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

core::Result<std::unique_ptr<TlsSession>> TlsSession::create(
    std::shared_ptr<const TlsContext> context, bool server, ngtcp2_crypto_conn_ref* reference) {
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(context)));
  session->ssl_ = SSL_new(session->context_->native(server));
  if (session->ssl_ == nullptr ||
      ngtcp2_crypto_ossl_ctx_new(&session->handle_, session->ssl_) != 0) {
    return core::fail(core::Errc::kOutOfMemory, "TLS session");
  }
  SSL_set_ex_data(session->ssl_, session_index(), session.get());
  SSL_set_app_data(session->ssl_, reference);
  const int configured = server ? ngtcp2_crypto_ossl_configure_server_session(session->ssl_)
                                : ngtcp2_crypto_ossl_configure_client_session(session->ssl_);
  if (configured != 0) {
    return core::fail(core::Errc::kInternal, "TLS session");
  }
  if (server) {
    SSL_set_accept_state(session->ssl_);
  } else {
    SSL_set_connect_state(session->ssl_);
  }
  return session;
}

TlsSession::~TlsSession() {
  if (ssl_ != nullptr) {
    // SSL_free calls back into the connection unless this is cleared.
    SSL_set_app_data(ssl_, nullptr);
    SSL_set_ex_data(ssl_, session_index(), nullptr);
  }
  ngtcp2_crypto_ossl_ctx_del(handle_);
  SSL_free(ssl_);
  ERR_clear_error();
}

TlsSession::Protocol TlsSession::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  const std::string_view text = core::as_text({name, size});
  return text == TlsContext::kProtocol        ? Protocol::kMesh
         : text == TlsContext::kGuestProtocol ? Protocol::kGuest
                                              : Protocol::kNone;
}

bool TlsSession::export_secret(std::string_view label, std::span<std::uint8_t> out) const {
  return SSL_export_keying_material(ssl_, out.data(), out.size(), label.data(), label.size(),
                                    nullptr, 0, 0) == 1;
}

core::Result<PeerIdentity> TlsSession::judge_again(const PeerVerifier& verify) const {
  struct Free {
    void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  };
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  X509* leaf = SSL_get0_peer_certificate(ssl_);
  if (!context || leaf == nullptr ||
      X509_STORE_CTX_init(context.get(), nullptr, leaf, SSL_get_peer_cert_chain(ssl_)) != 1) {
    return core::fail(core::Errc::kInternal, "the peer's certificate is not at hand");
  }
  return verify(context.get());
}

int TlsSession::on_verify(X509_STORE_CTX* store, void*) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* session = static_cast<TlsSession*>(SSL_get_ex_data(ssl, session_index()));
  if (session == nullptr) {
    return 0;
  }
  auto verdict = session->context_->verify()(store);
  if (!verdict) {
    if (X509_STORE_CTX_get_error(store) == X509_V_OK) {
      X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    }
    session->refusal_ = verdict.error();
    return 0;
  }
  session->peer_ = std::move(*verdict);
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

}  // namespace runard::transport
