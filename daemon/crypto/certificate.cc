#include "crypto/certificate.h"

#include <openssl/objects.h>

#include <algorithm>

#include "core/check.h"
#include "crypto/openssl_error.h"
#include "crypto/pem.h"

namespace runard::crypto {
namespace {

using core::Errc;

core::Bytes der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

core::Result<Certificate> Certificate::from_der(core::ByteView der) {
  const ErrorScope errors;
  if (der.size() > kMaxCertificateDer) {
    return core::fail(Errc::kCertificateInvalid, "a certificate is larger than 16 KiB");
  }
  const unsigned char* at = der.data();
  CertificatePtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) {
    return openssl_fail(Errc::kCertificateInvalid, "not a certificate");
  }
  if (!std::ranges::equal(der_of(certificate.get()), der)) {
    return core::fail(Errc::kCertificateInvalid, "a certificate is not encoded as DER");
  }
  return Certificate(std::shared_ptr<X509>(std::move(certificate)));
}

core::Result<Certificate> Certificate::from_pem(std::string_view text) {
  auto blocks = parse_pem(text);
  if (!blocks) {
    return core::fail(Errc::kCertificateInvalid, blocks.error().about);
  }
  if (blocks->size() != 1 || blocks->front().label != kCertificateLabel) {
    return core::fail(Errc::kCertificateInvalid, "not exactly one certificate");
  }
  return from_der(blocks->front().der);
}

Certificate Certificate::share(X509* certificate) {
  RUNARD_CHECK(X509_up_ref(certificate) == 1);
  return Certificate(std::shared_ptr<X509>(CertificatePtr(certificate)));
}

core::Bytes Certificate::der() const {
  return der_of(native());
}

std::string Certificate::pem() const {
  return write_pem(kCertificateLabel, der());
}

Sha256 Certificate::fingerprint() const {
  return sha256(der());
}

std::string Certificate::serial() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(native());
  return hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

std::string Certificate::common_name() const {
  return common_name_of(X509_get_subject_name(native()));
}

core::WallTime Certificate::not_before() const {
  return wall_time(X509_get0_notBefore(native()));
}

core::WallTime Certificate::not_after() const {
  return wall_time(X509_get0_notAfter(native()));
}

core::Result<PublicKey> Certificate::public_key() const {
  return public_key_of(native());
}

bool Certificate::is_authority() const {
  const ErrorScope errors;
  return X509_check_ca(native()) == 1;
}

bool Certificate::is_self_issued() const {
  return X509_NAME_cmp(X509_get_subject_name(native()), X509_get_issuer_name(native())) == 0;
}

bool Certificate::issued_by(const Certificate& issuer) const {
  const ErrorScope errors;
  return X509_check_issued(issuer.native(), native()) == X509_V_OK &&
         X509_verify(native(), X509_get0_pubkey(issuer.native())) == 1;
}

core::Result<PublicKey> public_key_of(const X509* certificate) {
  const ErrorScope errors;
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  const core::Bytes spki(der, der + std::max(size, 0));
  OPENSSL_free(der);
  auto key = PublicKey::from_spki(spki);
  if (!key) {
    return core::fail(Errc::kCertificateInvalid, "a certificate's key is " + key.error().about);
  }
  return key;
}

std::string common_name_of(const X509_NAME* name) {
  const ErrorScope errors;
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) {
    return {};
  }
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  std::string text(reinterpret_cast<const char*>(utf8),
                   static_cast<std::size_t>(std::max(size, 0)));
  OPENSSL_free(utf8);
  return text.find('\0') == std::string::npos ? text : std::string();
}

core::WallTime wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return core::WallTime::min();  // never valid
  }
  using namespace std::chrono;
  const auto day = year{parts.tm_year + 1900} / month{static_cast<unsigned>(parts.tm_mon + 1)} /
                   std::chrono::day{static_cast<unsigned>(parts.tm_mday)};
  const auto since = sys_days{day}.time_since_epoch() + hours{parts.tm_hour} +
                     minutes{parts.tm_min} + seconds{parts.tm_sec};
  const auto low = ceil<seconds>(core::WallTime::min().time_since_epoch());
  const auto high = floor<seconds>(core::WallTime::max().time_since_epoch());
  return core::WallTime(std::clamp<seconds>(since, low, high));
}

}  // namespace runard::crypto
