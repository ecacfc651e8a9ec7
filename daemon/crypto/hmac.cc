#include "crypto/hmac.h"

#include <openssl/core_names.h>

#include "core/check.h"

namespace runard::crypto {

HmacSha256::HmacSha256()
    : mac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)), context_(EVP_MAC_CTX_new(mac_.get())) {
  RUNARD_CHECK(context_ != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  RUNARD_CHECK(EVP_MAC_CTX_set_params(context_.get(), params) == 1);
  set_key({});
}

void HmacSha256::set_key(core::ByteView key) {
  constexpr std::uint8_t kNothing = 0;  // a null pointer would mean "the key there is"
  RUNARD_CHECK(
      EVP_MAC_init(context_.get(), key.empty() ? &kNothing : key.data(), key.size(), nullptr) == 1);
}

void HmacSha256::update(core::ByteView bytes) {
  RUNARD_CHECK(EVP_MAC_update(context_.get(), bytes.data(), bytes.size()) == 1);
}

void HmacSha256::finish(std::span<std::uint8_t, 32> out) {
  std::size_t size = 0;
  RUNARD_CHECK(EVP_MAC_final(context_.get(), out.data(), &size, out.size()) == 1 &&
               size == out.size());
  RUNARD_CHECK(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);
}

}  // namespace runard::crypto
