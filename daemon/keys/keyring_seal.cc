#include "keys/keyring_seal.h"

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/hpke.h"
#include "crypto/secret_array.h"
#include "envelope/joined_bytes.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

constexpr std::size_t kKeySize = crypto::kAgreementPrivateSize;
constexpr crypto::HpkeSuite kSuite{};  // X25519, AES-256-GCM
constexpr std::string_view kInfo = "runard v1 keyring";
constexpr std::array<std::uint8_t, crypto::kAeadNonceSize> kNonce{};  // a secret is used once

envelope::JoinedBytes<64> info_for(const KeyringContext& context, const core::NodeId& node,
                                   std::uint32_t key_version) {
  envelope::JoinedBytes<64> info;
  info.add(kInfo);
  info.add(context.network.bytes);
  info.add_number(context.generation);
  info.add(node.bytes);
  info.add_number(key_version);
  return info;
}

core::Result<void> wrap(KeyringMember& member, const KeyringContext& context, core::ByteView aad,
                        core::ByteView secret, core::Random& random) {
  auto sender = crypto::HpkeSender::create(
      kSuite, member.key, info_for(context, member.node, member.key_version).view(), random);
  if (!sender) {
    return sender.error();
  }
  auto wrapped = sender->seal(aad, secret);
  if (!wrapped) {
    return wrapped.error();
  }
  member.enc.assign(sender->enc().begin(), sender->enc().end());
  member.wrapped = std::move(*wrapped);
  return {};
}

core::Error does_not_open() {
  return fail(Errc::kKeyringInvalid, "a network's keyring does not open with this node's key");
}

core::Result<crypto::SecretBytes> unwrap(const KeyringMember& member, const KeyringContext& context,
                                         core::ByteView aad,
                                         const crypto::AgreementPrivateKey& key) {
  auto receiver = crypto::HpkeReceiver::create(
      kSuite, key, member.enc, info_for(context, member.node, member.key_version).view());
  if (!receiver) {
    return does_not_open();
  }
  auto secret = receiver->open(aad, member.wrapped);
  if (!secret || secret->size() != crypto::kAeadKeySize) {
    return does_not_open();
  }
  return secret;
}

bool belongs(core::ByteView secret, const crypto::AgreementPublicKey& key) {
  const auto made = crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, secret);
  return made && made->public_key() == key;
}

core::Result<std::vector<crypto::SecretBytes>> split(const NetworkKeyring& keyring,
                                                     core::ByteView plaintext) {
  std::vector<crypto::SecretBytes> secrets;
  for (std::size_t i = 0; i < keyring.versions.size(); ++i) {
    secrets.push_back(crypto::SecretBytes::copy_of(plaintext.subspan(i * kKeySize, kKeySize)));
    if (!belongs(secrets.back().view(), keyring.versions[i].key)) {
      return fail(Errc::kKeyringInvalid, "a network's private keys are not those of its versions");
    }
  }
  return secrets;
}

}  // namespace

core::Result<void> seal_keyring(NetworkKeyring& keyring, const KeyringContext& context,
                                std::span<const core::ByteView> secrets, core::Random& random) {
  if (secrets.size() != keyring.versions.size()) {
    return fail(Errc::kInvalidArgument, "each version of a network's key has one private half");
  }
  crypto::SecretBytes plaintext(secrets.size() * kKeySize);
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    if (secrets[i].size() != kKeySize || !belongs(secrets[i], keyring.versions[i].key)) {
      return fail(Errc::kInvalidArgument, "a private key does not belong to its version");
    }
    std::ranges::copy(secrets[i], plaintext.bytes().subspan(i * kKeySize).begin());
  }
  crypto::SecretArray<crypto::kAeadKeySize> secret;
  random.fill(secret.bytes());
  const crypto::Sha256 aad = crypto::sha256(keyring.public_part());
  keyring.sealed.resize(plaintext.size() + crypto::kAeadTagSize);
  crypto::Aead(crypto::AeadAlgorithm::kAes256Gcm)
      .seal(secret.view(), kNonce, aad, plaintext.view(), keyring.sealed);
  for (KeyringMember& member : keyring.members) {
    if (auto ok = wrap(member, context, aad, secret.view(), random); !ok) {
      return ok.error();
    }
  }
  return {};
}

core::Result<std::vector<crypto::SecretBytes>> open_keyring(
    const NetworkKeyring& keyring, const KeyringContext& context, const core::NodeId& node,
    const crypto::AgreementPrivateKey& key) {
  const KeyringMember* member = keyring.member(node);
  if (member == nullptr) {
    return fail(Errc::kKeyMissing, "this node is no member of the network");
  }
  const crypto::Sha256 aad = crypto::sha256(keyring.public_part());
  const auto secret = unwrap(*member, context, aad, key);
  if (!secret) {
    return secret.error();
  }
  crypto::SecretBytes plaintext(keyring.versions.size() * kKeySize);
  if (keyring.sealed.size() != plaintext.size() + crypto::kAeadTagSize ||
      !crypto::Aead(crypto::AeadAlgorithm::kAes256Gcm)
           .open(crypto::AeadKey(secret->view()), kNonce, aad, keyring.sealed, plaintext.bytes())) {
    return does_not_open();
  }
  return split(keyring, plaintext.view());
}

}  // namespace runard::keys
