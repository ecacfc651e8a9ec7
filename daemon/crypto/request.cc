#include "crypto/request.h"

#include <algorithm>

#include "crypto/certificate.h"
#include "crypto/openssl_error.h"
#include "crypto/pem.h"

namespace runard::crypto {
namespace {

using core::Errc;

constexpr std::size_t kMaxRequestText = 16 * 1024;
constexpr std::string_view kLabel = "CERTIFICATE REQUEST";

core::Bytes der_of(const X509_REQ* request) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request, &der);
  core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

core::Bytes spki_of(X509_REQ* request) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &der);
  core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

core::Result<SigningRequest> SigningRequest::create(const PrivateKey& key,
                                                    std::string_view common_name) {
  const ErrorScope errors;
  const RequestPtr request(X509_REQ_new());
  const bool built =
      request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
      X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) == 1 &&
      X509_REQ_set_pubkey(request.get(), key.native()) == 1 &&
      X509_REQ_sign(request.get(), key.native(), EVP_sha256()) > 0;
  if (!built) {
    return openssl_fail(Errc::kInternal, "can't build a certificate request");
  }
  return from_der(der_of(request.get()));
}

core::Result<SigningRequest> SigningRequest::from_der(core::ByteView der) {
  const unsigned char* at = der.data();
  const RequestPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request || !std::ranges::equal(der_of(request.get()), der)) {
    return openssl_fail(Errc::kRequestInvalid, "not a certificate request in DER");
  }
  auto key = PublicKey::from_spki(spki_of(request.get()));
  if (!key) {
    return core::fail(Errc::kRequestInvalid, "the request's key is " + key.error().about);
  }
  if (X509_REQ_verify(request.get(), key->native()) != 1) {
    return core::fail(Errc::kRequestInvalid, "the request is not signed by its own key");
  }
  return SigningRequest({der.begin(), der.end()}, std::move(*key),
                        common_name_of(X509_REQ_get_subject_name(request.get())));
}

core::Result<SigningRequest> SigningRequest::from_pem(std::string_view text) {
  const ErrorScope errors;
  if (text.size() > kMaxRequestText) {
    return core::fail(Errc::kRequestInvalid, "a certificate request is longer than 16 KiB");
  }
  auto blocks = parse_pem(text);
  if (!blocks) {
    return core::fail(Errc::kRequestInvalid, blocks.error().about);
  }
  if (blocks->size() != 1 || blocks->front().label != kLabel) {
    return core::fail(Errc::kRequestInvalid, "not exactly one certificate request");
  }
  return from_der(blocks->front().der);
}

std::string SigningRequest::pem() const {
  return write_pem(kLabel, der_);
}

}  // namespace runard::crypto
