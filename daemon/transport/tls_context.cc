#include "transport/tls_context.h"

#include <ngtcp2/ngtcp2_crypto_ossl.h>
#include <openssl/err.h>

#include <cstring>

#include "transport/tls_session.h"

namespace runard::transport {
namespace {

using core::Errc;

constexpr unsigned char kAlpn[] = "\x07runar/1";
constexpr unsigned char kGuestAlpn[] = "\x0erunar-enroll/1";
constexpr std::size_t kAlpnSize = sizeof kAlpn - 1;
constexpr std::size_t kGuestAlpnSize = sizeof kGuestAlpn - 1;
static_assert(kAlpnSize == 1 + TlsContext::kProtocol.size());
static_assert(kGuestAlpnSize == 1 + TlsContext::kGuestProtocol.size());
constexpr long kMaxCertificateList = 32 * 1024;

core::Error openssl_error(Errc code, const char* about) {
  char text[160] = {};
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  return core::fail(code, std::string(about) + ": " + text);
}

bool set_rules(SSL_CTX* context, bool guest) {
  const unsigned char* protocol = guest ? kGuestAlpn : kAlpn;
  const unsigned protocol_size = guest ? kGuestAlpnSize : kAlpnSize;
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kMaxCertificateList);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsSession::on_verify, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_ciphersuites(context,
                                  "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                  "TLS_CHACHA20_POLY1305_SHA256") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519MLKEM768:X25519") == 1 &&
         SSL_CTX_set_alpn_protos(context, protocol, protocol_size) == 0;  // 0 is success
}

bool set_identity(SSL_CTX* context, const TlsMaterial& material) {
  if (SSL_CTX_use_certificate(context, material.certificate) != 1 ||
      SSL_CTX_use_PrivateKey(context, material.key) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return false;
  }
  for (X509* const certificate : material.intermediates) {
    if (SSL_CTX_add1_chain_cert(context, certificate) != 1) {
      return false;
    }
  }
  return true;
}

bool library_ready() {
  static const bool ready = ngtcp2_crypto_ossl_init() == 0;  // each further call would leak
  return ready;
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): OpenSSL's signature
int TlsContext::select_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                                const unsigned char* in, unsigned in_size, void* context) {
  const auto offered = [&](const unsigned char* protocol, unsigned size) {
    return SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, protocol, size, in,
                                 in_size) == OPENSSL_NPN_NEGOTIATED;
  };
  if (offered(kAlpn, kAlpnSize)) {
    return SSL_TLSEXT_ERR_OK;
  }
  const bool guest = offered(kGuestAlpn, kGuestAlpnSize);
  return guest && static_cast<const TlsContext*>(context)->admit_guest(ssl)
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Before the server's first words, so both hold for this handshake.
bool TlsContext::admit_guest(SSL* ssl) const {
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  for (const auto& root : guest_roots_) {
    if (SSL_add1_chain_cert(ssl, root.get()) != 1) {
      return false;
    }
  }
  return !guest_roots_.empty();
}

void TlsContext::take_guest_roots(std::span<X509* const> roots) {
  for (X509* const root : roots) {
    X509_up_ref(root);
    guest_roots_.emplace_back(root);
  }
}

// Without material: a guest's.
core::Result<TlsContext::ContextPtr> TlsContext::make(bool server, const TlsMaterial* material) {
  ContextPtr context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  if (!context || !set_rules(context.get(), material == nullptr)) {
    return openssl_error(Errc::kInternal, "TLS context");
  }
  SSL_CTX_set_alpn_select_cb(context.get(), &select_protocol, this);
  if (material != nullptr && !set_identity(context.get(), *material)) {
    return openssl_error(Errc::kCertificateInvalid, "this node's certificate or key");
  }
  return context;
}

core::Result<std::shared_ptr<const TlsContext>> TlsContext::create(const TlsMaterial& material,
                                                                   PeerVerifier verify) {
  if (!library_ready()) {
    return core::fail(Errc::kInternal, "ngtcp2_crypto_ossl_init");
  }
  std::shared_ptr<TlsContext> made(new TlsContext(std::move(verify)));
  made->take_guest_roots(material.guest_roots);
  for (const bool server : {true, false}) {
    auto context = made->make(server, &material);
    if (!context) {
      return context.error();
    }
    (server ? made->server_ : made->client_) = std::move(*context);
  }
  return std::shared_ptr<const TlsContext>(std::move(made));
}

core::Result<std::shared_ptr<const TlsContext>> TlsContext::create_guest(PeerVerifier verify) {
  if (!library_ready()) {
    return core::fail(Errc::kInternal, "ngtcp2_crypto_ossl_init");
  }
  std::shared_ptr<TlsContext> made(new TlsContext(std::move(verify)));
  auto context = made->make(false, nullptr);
  if (!context) {
    return context.error();
  }
  made->client_ = std::move(*context);
  return std::shared_ptr<const TlsContext>(std::move(made));
}

}  // namespace runard::transport
