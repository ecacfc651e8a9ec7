#include "keys/delegation.h"

#include "crypto/hpke.h"
#include "envelope/joined_bytes.h"
#include "identity/byte_reader.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kWrapped = 48;
constexpr crypto::HpkeSuite kSuite{};
constexpr std::string_view kInfo = "runard v1 profile key";

envelope::JoinedBytes<80> info_of(const Delegation& delegation) {
  envelope::JoinedBytes<80> info;
  info.add(kInfo);
  info.add(delegation.profile.bytes);
  info.add_number(delegation.version);
  info.add(delegation.node.bytes);
  info.add_number(delegation.key_version);
  return info;
}

}  // namespace

core::Result<Delegation> Delegation::seal(const KeyId& profile, std::uint32_t version,
                                          core::ByteView secret, const AgreementRecord& to,
                                          core::Random& random) {
  Delegation made{profile, version, to.node, to.version, {}, {}};
  auto sender = crypto::HpkeSender::create(kSuite, to.key, info_of(made).view(), random);
  if (!sender) {
    return sender.error();
  }
  auto wrapped = sender->seal({}, secret);
  if (!wrapped) {
    return wrapped.error();
  }
  made.enc.assign(sender->enc().begin(), sender->enc().end());
  made.wrapped = std::move(*wrapped);
  return made;
}

core::Result<Delegation> Delegation::parse(core::ByteView bytes) {
  identity::ByteReader in(bytes);
  const std::uint64_t format = in.number(1);
  Delegation made;
  made.profile = KeyId::from(in.take(16)).value_or(KeyId{});
  made.version = static_cast<std::uint32_t>(in.number(4));
  made.node = core::NodeId::from(in.take(16)).value_or(core::NodeId{});
  made.key_version = static_cast<std::uint32_t>(in.number(4));
  const core::ByteView enc = in.take(kKeySize);
  const core::ByteView wrapped = in.take(kWrapped);
  if (!in.finished() || format != kFormat || made.version == 0 || made.key_version == 0) {
    return fail(Errc::kProfileInvalid, "a profile's key for a node is not well formed");
  }
  made.enc.assign(enc.begin(), enc.end());
  made.wrapped.assign(wrapped.begin(), wrapped.end());
  return made;
}

core::Bytes Delegation::bytes() const {
  envelope::JoinedBytes<128> out;
  out.add_number(kFormat);
  out.add(profile.bytes);
  out.add_number(version);
  out.add(node.bytes);
  out.add_number(key_version);
  out.add(enc);
  out.add(wrapped);
  return {out.view().begin(), out.view().end()};
}

core::Result<crypto::SecretBytes> Delegation::open(
    const crypto::AgreementPrivateKey& key, const crypto::AgreementPublicKey& expected) const {
  auto receiver = crypto::HpkeReceiver::create(kSuite, key, enc, info_of(*this).view());
  if (!receiver) {
    return fail(Errc::kProfileInvalid, "a profile's key does not open with this node's key");
  }
  auto secret = receiver->open({}, wrapped);
  if (!secret) {
    return fail(Errc::kProfileInvalid, "a profile's key does not open with this node's key");
  }
  const auto half = crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, secret->view());
  if (!half || !(half->public_key() == expected)) {
    return fail(Errc::kProfileInvalid, "a profile's key is not the one that its user published");
  }
  return secret;
}

}  // namespace runard::keys
