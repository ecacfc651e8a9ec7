#include "crypto/argon2.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"

namespace runard::crypto {
namespace {

using core::Errc;

using KdfPtr = std::unique_ptr<EVP_KDF, Freer<EVP_KDF_free>>;
using KdfContextPtr = std::unique_ptr<EVP_KDF_CTX, Freer<EVP_KDF_CTX_free>>;

bool in_bounds(core::ByteView salt, const Argon2Params& params) {
  return params.passes >= 1 && params.passes <= kMaxArgon2.passes && params.lanes >= 1 &&
         params.lanes <= kMaxArgon2.lanes && params.memory_kib >= 8 * params.lanes &&
         params.memory_kib <= kMaxArgon2.memory_kib && salt.size() >= kMinArgon2Salt &&
         salt.size() <= kMaxArgon2Salt;
}

OSSL_PARAM octets(const char* name, core::ByteView bytes) {
  constexpr static std::uint8_t kNothing = 0;  // a null pointer would mean "not given"
  const std::uint8_t* const data = bytes.empty() ? &kNothing : bytes.data();
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(data), bytes.size());
}

}  // namespace

core::Result<SecretBytes> argon2id(const SecretBytes& passphrase, core::ByteView salt,
                                   const Argon2Params& params, const Argon2Inputs& more) {
  const ErrorScope errors;
  if (!in_bounds(salt, params)) {
    return core::fail(Errc::kInvalidArgument, "Argon2id parameters out of bounds");
  }
  const KdfPtr kdf(EVP_KDF_fetch(nullptr, "ARGON2ID", nullptr));
  const KdfContextPtr context(EVP_KDF_CTX_new(kdf.get()));
  Argon2Params numbers = params;
  OSSL_PARAM list[8];
  std::size_t at = 0;
  list[at++] = octets(OSSL_KDF_PARAM_PASSWORD, passphrase.view());
  list[at++] = octets(OSSL_KDF_PARAM_SALT, salt);
  list[at++] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &numbers.passes);
  list[at++] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_LANES, &numbers.lanes);
  list[at++] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_MEMCOST, &numbers.memory_kib);
  if (!more.secret.empty()) {
    list[at++] = octets(OSSL_KDF_PARAM_SECRET, more.secret);
  }
  if (!more.data.empty()) {
    list[at++] = octets(OSSL_KDF_PARAM_ARGON2_AD, more.data);
  }
  list[at] = OSSL_PARAM_construct_end();
  SecretBytes key(32);
  if (!context || EVP_KDF_derive(context.get(), key.bytes().data(), key.size(), list) != 1) {
    return openssl_fail(Errc::kInternal, "can't compute Argon2id");
  }
  return key;
}

}  // namespace runard::crypto
