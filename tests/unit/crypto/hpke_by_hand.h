// HPKE's base mode written down from RFC 9180 sections 4.1 and 5.1, over our HKDF and AEAD: what
// the sender of an encapsulation must give. OpenSSL's seals no empty plaintext; this does.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "crypto/agreement_key.h"
#include "crypto/exactly.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"

namespace runard::test {

class HpkeByHand {
 public:
  HpkeByHand(crypto::HpkeSuite suite, const crypto::AgreementPrivateKey& ephemeral,
             const crypto::AgreementPublicKey& to, core::ByteView info)
      : suite_(suite), aead_(suite.aead) {
    const core::Bytes secret = key_schedule(shared_secret(ephemeral, to), info);
    hkdf_.set_key(secret);
    key_ = labeled_expand("key", 32);
    base_nonce_ = labeled_expand("base_nonce", 12);
  }

  core::Bytes seal(std::uint64_t sequence, core::ByteView aad, core::ByteView plaintext) {
    core::Bytes nonce = base_nonce_;
    for (std::size_t i = 0; i < 8; ++i) {
      nonce[11 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
    }
    core::Bytes sealed(plaintext.size() + 16);
    aead_.seal(*crypto::exactly<32>(key_), *crypto::exactly<12>(nonce), aad, plaintext, sealed);
    return sealed;
  }

 private:
  static std::string number(std::size_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value)};
  }
  std::string labeled(std::string_view label) const {
    return "HPKE-v1" + suite_id_ + std::string(label);
  }
  core::Bytes labeled_extract(core::ByteView salt, std::string_view label, core::ByteView secret) {
    crypto::HmacSha256 mac;
    core::Bytes key(32);
    mac.set_key(salt);
    mac.update(core::as_bytes(labeled(label)));
    mac.update(secret);
    mac.finish(std::span(key).first<32>());
    return key;
  }
  core::Bytes labeled_expand(std::string_view label, std::size_t size) {
    core::Bytes out(size);
    const std::string info = number(size) + labeled(label) + context_;
    REQUIRE(hkdf_.expand(core::as_bytes(info), out));
    return out;
  }
  std::size_t kem_id() const { return suite_.kem == crypto::Kem::kX25519 ? 0x20 : 0x10; }

  core::Bytes shared_secret(const crypto::AgreementPrivateKey& ephemeral,
                            const crypto::AgreementPublicKey& to) {
    suite_id_ = "KEM" + number(kem_id());
    const auto dh = ephemeral.agree(to);
    REQUIRE(dh);
    hkdf_.set_key(labeled_extract({}, "eae_prk", dh->view()));
    context_ = core::as_text(ephemeral.public_key().raw());
    context_ += core::as_text(to.raw());
    return labeled_expand("shared_secret", 32);
  }
  core::Bytes key_schedule(const core::Bytes& shared, core::ByteView info) {
    suite_id_ = "HPKE" + number(kem_id()) + number(1) + number(aead_id());
    context_ = std::string(1, '\0');  // base mode
    context_ += core::as_text(labeled_extract({}, "psk_id_hash", {}));
    context_ += core::as_text(labeled_extract({}, "info_hash", info));
    return labeled_extract(shared, "secret", {});
  }
  std::size_t aead_id() const { return suite_.aead == crypto::AeadAlgorithm::kAes256Gcm ? 2 : 3; }

  crypto::HpkeSuite suite_;
  crypto::Aead aead_;
  crypto::Hkdf hkdf_;
  std::string suite_id_;
  std::string context_;
  core::Bytes key_;
  core::Bytes base_nonce_;
};

}  // namespace runard::test
