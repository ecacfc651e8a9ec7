#include <catch2/catch_test_macros.hpp>

#include "support/test_pki.h"
#include "transport/close_reason.h"

using namespace runard;
using core::Errc;

TEST_CASE("a key that does not belong to the certificate is refused") {
  const testing::TestCa ca;
  const testing::TestIdentity node(ca, {});
  const testing::KeyPtr other = testing::make_key();
  const auto made = transport::TlsContext::create({other.get(), node.certificate.get(), {}},
                                                  testing::verifier_for(ca));
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == Errc::kCertificateInvalid);
}

TEST_CASE("TLS is 1.3 only, without tickets and early data, with certificates on both sides") {
  const testing::TestCa ca;
  const testing::TestIdentity node(ca, {});
  const auto tls = node.tls(ca);
  for (const bool server : {true, false}) {
    SSL_CTX* context = tls->native(server);
    CHECK(SSL_CTX_get_min_proto_version(context) == TLS1_3_VERSION);
    CHECK(SSL_CTX_get_num_tickets(context) == 0);
    CHECK(SSL_CTX_get_verify_mode(context) == (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT));
    CHECK((SSL_CTX_get_options(context) & SSL_OP_NO_TICKET) != 0);
    CHECK(SSL_CTX_get_max_early_data(context) == 0);
    CHECK(SSL_CTX_get_session_cache_mode(context) == SSL_SESS_CACHE_OFF);  // nothing to resume
  }
}

TEST_CASE("why a peer closed is told by type") {
  ngtcp2_ccerr close;
  ngtcp2_ccerr_default(&close);
  CHECK(transport::peer_close_error(close).code == Errc::kLinkLost);
  ngtcp2_ccerr_set_application_error(
      &close, static_cast<std::uint64_t>(wire::CloseCode::kNoCommonNetwork), nullptr, 0);
  CHECK(transport::peer_close_error(close).code == Errc::kNoCommonNetwork);
  ngtcp2_ccerr_set_application_error(&close, 9999, nullptr, 0);
  CHECK(transport::peer_close_error(close).code == Errc::kLinkLost);
  const auto alert = [&close](std::uint8_t number) {
    ngtcp2_ccerr_set_tls_alert(&close, number, nullptr, 0);
    return transport::peer_close_error(close).code;
  };
  CHECK(alert(SSL_AD_HANDSHAKE_FAILURE) == Errc::kHandshakeFailed);
  CHECK(alert(SSL_AD_BAD_CERTIFICATE) == Errc::kHandshakeFailed);
  CHECK(alert(SSL_AD_UNKNOWN_CA) == Errc::kCertificateUntrusted);
  CHECK(alert(SSL_AD_CERTIFICATE_EXPIRED) == Errc::kCertificateExpired);
  CHECK(alert(SSL_AD_CERTIFICATE_REVOKED) == Errc::kNodeDenied);
  CHECK(alert(SSL_AD_UNSUPPORTED_CERTIFICATE) == Errc::kCertificatePurpose);
  CHECK(alert(SSL_AD_NO_APPLICATION_PROTOCOL) == Errc::kVersionMismatch);
  ngtcp2_ccerr_set_transport_error(&close, NGTCP2_PROTOCOL_VIOLATION, nullptr, 0);
  CHECK(transport::peer_close_error(close).code == Errc::kProtocol);
}

TEST_CASE("a reset says whether the request was executed") {
  using wire::ResetCode;
  const auto error = [](ResetCode code) {
    return transport::reset_error(static_cast<std::uint64_t>(code));
  };
  CHECK(error(ResetCode::kTooLarge).code == Errc::kTooLarge);
  CHECK(error(ResetCode::kTooLarge).executed == core::Executed::kNo);
  CHECK(error(ResetCode::kRefused).executed == core::Executed::kNo);
  CHECK(error(ResetCode::kMalformed).executed == core::Executed::kNo);
  CHECK(error(ResetCode::kInternal).executed == core::Executed::kUnknown);
  CHECK(transport::reset_error(12345).code == Errc::kProviderLost);
}
