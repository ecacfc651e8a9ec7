#include "identity/sealed_key.h"

#include <array>

#include "crypto/aead.h"
#include "crypto/exactly.h"
#include "crypto/pem.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

constexpr std::string_view kLabel = "RUNARD ENCRYPTED KEY";
constexpr std::string_view kMark = "-----BEGIN RUNARD ENCRYPTED KEY-----";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kHeadSize = 1 + 3 * 4 + kSaltSize;
constexpr std::uint8_t kNonce[crypto::kAeadNonceSize] = {};

void put32(core::Bytes& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

std::uint32_t get32(core::ByteView bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.first(4)) {
    value = value << 8 | byte;
  }
  return value;
}

core::Result<crypto::SecretBytes> key_of(core::ByteView head,
                                         const crypto::SecretBytes& passphrase) {
  const crypto::Argon2Params cost{get32(head.subspan(1)), get32(head.subspan(5)),
                                  get32(head.subspan(9))};
  return crypto::argon2id(passphrase, head.subspan(13, kSaltSize), cost);
}

core::Error unreadable() {
  return fail(Errc::kIdentityUnreadable, "not a private key under a passphrase");
}

}  // namespace

bool is_sealed_key(core::ByteView text) {
  return core::as_text(text).starts_with(kMark);
}

core::Result<std::string> seal_key(const crypto::PrivateKey& key,
                                   const crypto::SecretBytes& passphrase,
                                   const crypto::Argon2Params& cost, core::Random& random) {
  const auto pem = key.pem();
  if (!pem) {
    return pem.error();
  }
  core::Bytes body{kVersion};
  put32(body, cost.memory_kib);
  put32(body, cost.passes);
  put32(body, cost.lanes);
  body.resize(kHeadSize);
  random.fill(std::span(body).subspan(13));
  const core::Bytes head = body;
  const auto wrap = key_of(head, passphrase);
  if (!wrap) {
    return wrap.error();
  }
  body.resize(kHeadSize + pem->size() + crypto::kAeadTagSize);
  crypto::Aead aead(crypto::AeadAlgorithm::kAes256Gcm);
  aead.seal(*crypto::exactly<crypto::kAeadKeySize>(wrap->view()), kNonce, head, pem->view(),
            std::span(body).subspan(kHeadSize));
  return crypto::write_pem(kLabel, body);
}

core::Result<crypto::SecretBytes> key_text(const crypto::PrivateKey& key,
                                           const crypto::SecretBytes& passphrase,
                                           core::Random& random) {
  if (passphrase.empty()) {
    return key.pem();
  }
  const auto sealed = seal_key(key, passphrase, {}, random);
  if (!sealed) {
    return sealed.error();
  }
  return crypto::SecretBytes::copy_of(core::as_bytes(*sealed));
}

core::Result<crypto::PrivateKey> open_key(core::ByteView text,
                                          const crypto::SecretBytes& passphrase) {
  const auto blocks = crypto::parse_pem(core::as_text(text));
  if (!blocks || blocks->size() != 1 || blocks->front().label != kLabel) {
    return unreadable();
  }
  const core::ByteView body = blocks->front().der;
  if (body.size() <= kHeadSize + crypto::kAeadTagSize || body.front() != kVersion) {
    return unreadable();
  }
  const core::ByteView head = body.first(kHeadSize);
  const auto wrap = key_of(head, passphrase);
  if (!wrap) {
    return unreadable();
  }
  crypto::SecretBytes pem(body.size() - kHeadSize - crypto::kAeadTagSize);
  crypto::Aead aead(crypto::AeadAlgorithm::kAes256Gcm);
  if (!aead.open(*crypto::exactly<crypto::kAeadKeySize>(wrap->view()), kNonce, head,
                 body.subspan(kHeadSize), pem.bytes())) {
    return fail(Errc::kKeystoreLocked,
                "the passphrase is not the right one, or the file was changed");
  }
  return crypto::PrivateKey::from_pem(pem);
}

}  // namespace runard::identity
