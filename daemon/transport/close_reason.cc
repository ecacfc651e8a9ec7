#include "transport/close_reason.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "core/bytes.h"

namespace runard::transport {
namespace {

using core::Errc;
using core::Executed;
using wire::CloseCode;
using wire::ResetCode;

constexpr std::uint64_t kCryptoError = 0x100;  // RFC 9001 section 4.8: 0x100 + alert

std::string alert_text(std::uint8_t alert) {
  return std::string("TLS alert ") + SSL_alert_desc_string_long(alert);
}

// What the peer says of it, as far as it can be shown.
std::string reason_text(const ngtcp2_ccerr& close) {
  constexpr std::size_t kMostReason = 120;
  std::string text(": ");
  for (const std::uint8_t byte :
       core::ByteView(close.reason, std::min(close.reasonlen, kMostReason))) {
    text.push_back(byte >= ' ' && byte < 0x7f ? static_cast<char>(byte) : '?');
  }
  return text.size() > 2 ? text : std::string();
}

// Other reasons share their alert, so only the log of the node that raised it tells them apart.
Errc errc_of_alert(std::uint8_t alert) {
  switch (alert) {
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return Errc::kCertificatePurpose;
    case SSL_AD_CERTIFICATE_REVOKED:
      return Errc::kNodeDenied;
    case SSL_AD_CERTIFICATE_EXPIRED:
      return Errc::kCertificateExpired;
    case SSL_AD_UNKNOWN_CA:
      return Errc::kCertificateUntrusted;
    case SSL_AD_NO_APPLICATION_PROTOCOL:
    case SSL_AD_PROTOCOL_VERSION:
      return Errc::kVersionMismatch;
    default:
      return Errc::kHandshakeFailed;
  }
}

// OpenSSL has one alert for every illegal parameter, and keeps the reason of the last failure. Of a
// handshake's messages only the certificates grow with what their owner puts into them.
bool too_long_a_message(std::uint8_t alert) {
  const unsigned long error = ERR_peek_last_error();
  return alert == SSL_AD_ILLEGAL_PARAMETER && ERR_GET_LIB(error) == ERR_LIB_SSL &&
         ERR_GET_REASON(error) == SSL_R_EXCESSIVE_MESSAGE_SIZE;
}

}  // namespace

core::Errc errc_of(CloseCode code) {
  switch (code) {
    case CloseCode::kNormal:
    case CloseCode::kInternal:
      return Errc::kLinkLost;
    case CloseCode::kProtocol:
      return Errc::kProtocol;
    case CloseCode::kMalformed:
      return Errc::kMalformedFrame;
    case CloseCode::kVersion:
      return Errc::kVersionMismatch;
    case CloseCode::kNoCommonNetwork:
      return Errc::kNoCommonNetwork;
    case CloseCode::kSelf:
      return Errc::kSelfDial;
    case CloseCode::kDuplicate:
      return Errc::kDuplicateLink;
    case CloseCode::kWrongPeer:
      return Errc::kCertificateMismatch;
    case CloseCode::kOverloaded:
      return Errc::kOverloaded;
    case CloseCode::kDenied:
      return Errc::kNodeDenied;
  }
  return Errc::kLinkLost;
}

core::Error peer_close_error(const ngtcp2_ccerr& close) {
  if (close.type == NGTCP2_CCERR_TYPE_APPLICATION) {
    return core::fail(errc_of(static_cast<CloseCode>(close.error_code)),
                      "closed by the peer" + reason_text(close));
  }
  if (close.error_code >= kCryptoError && close.error_code < kCryptoError + 0x100) {
    const auto alert = static_cast<std::uint8_t>(close.error_code - kCryptoError);
    return core::fail(errc_of_alert(alert), "the peer refused this node: " + alert_text(alert));
  }
  if (close.error_code == NGTCP2_NO_ERROR) {
    return core::fail(Errc::kLinkLost, "closed by the peer");
  }
  return core::fail(Errc::kProtocol,
                    "closed by the peer with QUIC error " + std::to_string(close.error_code));
}

core::Error alert_error(std::uint8_t alert) {
  if (too_long_a_message(alert)) {
    return refusal_error(core::fail(Errc::kCertificateInvalid, "its certificates are too long"));
  }
  return core::fail(errc_of_alert(alert), "this node refused the peer: " + alert_text(alert));
}

core::Error refusal_error(core::Error why) {
  why.about = "this node refused the peer: " + why.about;
  return why;
}

core::Error reset_error(std::uint64_t reset_code) {
  switch (static_cast<ResetCode>(reset_code)) {
    case ResetCode::kTooLarge:
      return core::fail(Errc::kTooLarge, "the peer's limit", Executed::kNo);
    case ResetCode::kRefused:
      return core::fail(Errc::kDraining, "the peer", Executed::kNo);
    case ResetCode::kMalformed:
      return core::fail(Errc::kMalformedFrame, "request", Executed::kNo);
    case ResetCode::kUnknown:
      return core::fail(Errc::kProtocol, "request stream", Executed::kNo);
    case ResetCode::kDeadline:
      return core::fail(Errc::kDeadlineExceeded, "");
    case ResetCode::kCancelled:
      return core::fail(Errc::kCancelled, "by the peer");
    case ResetCode::kNotNeeded:
    case ResetCode::kInternal:
      break;
  }
  return core::fail(Errc::kProviderLost, "the peer gave the request up");
}

}  // namespace runard::transport
