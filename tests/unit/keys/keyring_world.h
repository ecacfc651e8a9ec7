// Keyrings, members and private keys for the tests of keys.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "core/random.h"
#include "keys/keyring_seal.h"
#include "support/result_text.h"

namespace runard::keys::testing {

template <class Id>
Id id_of(std::uint8_t byte) {
  Id id;
  id.bytes.fill(byte);
  return id;
}

inline crypto::AgreementPrivateKey new_key() {
  core::SystemRandom random;
  return *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random);
}

inline const core::NetworkId kMain = id_of<core::NetworkId>(0x11);
inline constexpr std::uint64_t kDay = 24ULL * 3600 * 1000;
inline constexpr std::uint64_t kStart = 1'700'000'000'000;

// A network with versions 1 and 2, of which the second begins a day later; members 0xa1 and 0xb2.
struct KeyringWorld {
  KeyringWorld() {
    for (std::uint32_t i = 0; i < 2; ++i) {
      version_keys.push_back(new_key());
      secrets.push_back(*version_keys.back().raw());
      keyring.versions.push_back({i + 1, version_keys.back().public_key(), kStart,
                                  kStart + i * kDay, i == 0 ? kStart + 8 * kDay : 0});
    }
    keyring.name = "main";
    keyring.epoch = 3;
    keyring.floors = {1, 1};
    for (const std::uint8_t byte : {std::uint8_t{0xa1}, std::uint8_t{0xb2}}) {
      member_keys.push_back(new_key());
      keyring.members.push_back(
          {id_of<core::NodeId>(byte), 1, member_keys.back().public_key(), {}, {}});
    }
    seal();
  }

  void seal() {
    std::vector<core::ByteView> views;
    for (const crypto::SecretBytes& secret : secrets) {
      views.push_back(secret.view());
    }
    REQUIRE(seal_keyring(keyring, context, views, random));
  }

  core::SystemRandom random;
  KeyringContext context{kMain, 7};
  std::vector<crypto::AgreementPrivateKey> version_keys;
  std::vector<crypto::SecretBytes> secrets;
  std::vector<crypto::AgreementPrivateKey> member_keys;
  NetworkKeyring keyring;
};

}  // namespace runard::keys::testing
