#include "crypto/sha256_hasher.h"

#include "core/check.h"

namespace runard::crypto {

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
  RUNARD_CHECK(context_ != nullptr &&
               EVP_DigestInit_ex2(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256Hasher::update(core::ByteView bytes) {
  RUNARD_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Hasher::finish() {
  Sha256 digest{};
  unsigned int size = 0;
  RUNARD_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1 &&
               size == digest.size());
  RUNARD_CHECK(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1);
  return digest;
}

}  // namespace runard::crypto
