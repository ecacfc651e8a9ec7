#include "crypto/certificate_builder.h"

#include <openssl/bn.h>

#include "crypto/openssl_error.h"

namespace runard::crypto {
namespace {

using core::Errc;
using BignumPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using SerialPtr = std::unique_ptr<ASN1_INTEGER, Freer<ASN1_INTEGER_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Freer<X509_NAME_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Freer<ASN1_TIME_free>>;

bool set_serial(X509* certificate, std::array<std::uint8_t, 16> bytes) {
  // RFC 5280, 4.1.2.2: positive. With the top bit clear and the next one set it is also as long in
  // DER for every certificate.
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);
  const BignumPtr number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  const SerialPtr serial(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
  return serial && X509_set_serialNumber(certificate, serial.get()) == 1;
}

bool set_times(X509* certificate, const CertificateSpec& spec) {
  const auto at = [](core::WallTime time) {
    return TimePtr(ASN1_TIME_set(
        nullptr, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
  };
  const TimePtr before = at(spec.not_before);
  const TimePtr after = at(spec.not_after);
  return before && after && X509_set1_notBefore(certificate, before.get()) == 1 &&
         X509_set1_notAfter(certificate, after.get()) == 1;
}

bool set_names(X509* certificate, const std::string& common_name, const Issuer& issuer) {
  const NamePtr subject(X509_NAME_new());
  if (!subject ||
      X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    return false;
  }
  const X509_NAME* by = issuer.certificate == nullptr
                            ? subject.get()
                            : X509_get_subject_name(issuer.certificate->native());
  return X509_set_subject_name(certificate, subject.get()) == 1 &&
         X509_set_issuer_name(certificate, by) == 1;
}

bool add_extensions(X509* certificate, const std::vector<ExtensionText>& extensions,
                    const Issuer& issuer) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509* by = issuer.certificate == nullptr ? certificate : issuer.certificate->native();
  X509V3_set_ctx(&context, by, certificate, nullptr, nullptr, 0);
  for (const ExtensionText& text : extensions) {
    const ExtensionPtr extension(
        X509V3_EXT_nconf(nullptr, &context, text.name.c_str(), text.value.c_str()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
      return false;
    }
  }
  return true;
}

}  // namespace

core::Result<Certificate> build_certificate(const CertificateSpec& spec, const PublicKey& subject,
                                            const Issuer& issuer) {
  const ErrorScope errors;
  const CertificatePtr certificate(X509_new());
  const bool built = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                     set_serial(certificate.get(), spec.serial) &&
                     set_times(certificate.get(), spec) &&
                     set_names(certificate.get(), spec.common_name, issuer) &&
                     X509_set_pubkey(certificate.get(), subject.native()) == 1 &&
                     add_extensions(certificate.get(), spec.extensions, issuer) &&
                     X509_sign(certificate.get(), issuer.key.native(), EVP_sha256()) > 0;
  if (!built) {
    return openssl_fail(Errc::kInternal, "can't build a certificate");
  }
  // Parsed anew, so that what is handed out went through the same door as any other.
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  const core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return Certificate::from_der(bytes);
}

}  // namespace runard::crypto
