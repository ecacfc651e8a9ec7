#include "crypto/aead.h"

#include <algorithm>

#include "core/check.h"
#include "crypto/openssl_error.h"
#include "crypto/secret_bytes.h"

namespace runard::crypto {

Aead::Aead(AeadAlgorithm algorithm)
    : cipher_(EVP_CIPHER_fetch(
          nullptr, algorithm == AeadAlgorithm::kAes256Gcm ? "AES-256-GCM" : "ChaCha20-Poly1305",
          nullptr)),
      context_(EVP_CIPHER_CTX_new()) {
  RUNARD_CHECK(cipher_ != nullptr && context_ != nullptr);
  RUNARD_CHECK(EVP_CipherInit_ex2(context_.get(), cipher_.get(), nullptr, nullptr, 1, nullptr) ==
               1);
}

void Aead::add(core::ByteView aad) {
  int size = 0;
  RUNARD_CHECK(aad.size() <= kMaxAeadInput);
  RUNARD_CHECK(aad.empty() || EVP_CipherUpdate(context_.get(), nullptr, &size, aad.data(),
                                               static_cast<int>(aad.size())) == 1);
}

void Aead::seal(AeadKey key, AeadNonce nonce, core::ByteView aad, core::ByteView plaintext,
                std::span<std::uint8_t> sealed) {
  RUNARD_CHECK(plaintext.size() <= kMaxAeadInput &&
               sealed.size() == plaintext.size() + kAeadTagSize);
  EVP_CIPHER_CTX* const context = context_.get();
  int size = 0;
  RUNARD_CHECK(EVP_CipherInit_ex2(context, nullptr, key.data(), nonce.data(), 1, nullptr) == 1);
  add(aad);
  RUNARD_CHECK(plaintext.empty() ||
               EVP_CipherUpdate(context, sealed.data(), &size, plaintext.data(),
                                static_cast<int>(plaintext.size())) == 1);
  RUNARD_CHECK(EVP_CipherFinal_ex(context, sealed.data() + size, &size) == 1);
  RUNARD_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagSize,
                                   sealed.last(kAeadTagSize).data()) == 1);
}

bool Aead::open(AeadKey key, AeadNonce nonce, core::ByteView aad, core::ByteView sealed,
                std::span<std::uint8_t> plaintext) {
  RUNARD_CHECK(plaintext.size() <= kMaxAeadInput &&
               sealed.size() == plaintext.size() + kAeadTagSize);
  const ErrorScope errors;
  EVP_CIPHER_CTX* const context = context_.get();
  int size = 0;
  std::uint8_t tag[kAeadTagSize];
  std::ranges::copy(sealed.last(kAeadTagSize), tag);
  RUNARD_CHECK(EVP_CipherInit_ex2(context, nullptr, key.data(), nonce.data(), 0, nullptr) == 1);
  RUNARD_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1);
  add(aad);
  RUNARD_CHECK(plaintext.empty() ||
               EVP_CipherUpdate(context, plaintext.data(), &size, sealed.data(),
                                static_cast<int>(plaintext.size())) == 1);
  if (EVP_CipherFinal_ex(context, plaintext.data() + size, &size) != 1) {
    cleanse(plaintext);
    return false;
  }
  return true;
}

}  // namespace runard::crypto
