// SealingEnds: two codecs of private fields that share the keys of a network and of a user, as far
// as a fuzz target or a benchmark needs them: no signatures, no unknown names.
#pragma once

#include <memory>
#include <optional>

#include "core/check.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/random.h"
#include "sealing/codec.h"

namespace runard::test {

inline core::NodeId sealing_node(std::uint8_t byte) {
  core::NodeId id;
  id.bytes.fill(byte);
  return id;
}

class SealingKeys final : public sealing::Directory, public envelope::KeyRing {
 public:
  std::uint64_t generation() const override { return 1; }
  std::optional<envelope::Recipient> network_key(const core::NetworkId&) const override {
    return envelope::Recipient{{envelope::KeyKind::kNetwork, {}, 1}, network_->public_key()};
  }
  std::optional<envelope::Recipient> profile_key(const core::ProfileId&) const override {
    return envelope::Recipient{{envelope::KeyKind::kProfile, {}, 1}, profile_->public_key()};
  }
  std::optional<envelope::Recipient> node_key(const core::NodeId&) const override { return {}; }
  std::string_view network_name(const core::NetworkId&) const override { return "main"; }
  std::optional<core::NetworkId> find_network(std::string_view) const override {
    return core::NetworkId{};
  }
  std::optional<core::ProfileId> find_profile(std::string_view) const override { return {}; }
  bool acts_for(const core::NodeId&, const core::ProfileId&) const override { return true; }
  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const envelope::KeyAddress& address) const override {
    return address.kind == envelope::KeyKind::kNetwork   ? network_
           : address.kind == envelope::KeyKind::kProfile ? profile_
                                                         : nullptr;
  }
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId&,
                                                  const envelope::KeyId&) const override {
    return nullptr;
  }

 private:
  static std::shared_ptr<const crypto::AgreementPrivateKey> make_key() {
    core::SystemRandom random;
    return std::make_shared<crypto::AgreementPrivateKey>(
        *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random));
  }
  const std::shared_ptr<const crypto::AgreementPrivateKey> network_ = make_key();
  const std::shared_ptr<const crypto::AgreementPrivateKey> profile_ = make_key();
};

// One node.
struct SealingEnd {
  SealingEnd(SealingKeys& keys, std::uint8_t id, const sealing::LabelMap& labels)
      : recipients(keys, labels),
        codec({sealing_node(id), nullptr, keys, clock, random, core::Log{}}, recipients, types) {}
  core::SystemClock clock;
  core::SystemRandom random;
  sealing::TypeTable types;
  sealing::Recipients recipients;
  sealing::Codec codec;
};

// Node 1 seals replies of type 1 for node 2, which keeps the keys it was sent.
struct SealingEnds {
  explicit SealingEnds(const sealing::LabelMap& labels)
      : from(keys, 1, labels), to(keys, 2, labels) {
    to.codec.on_kept([this](const core::NodeId&, std::span<const envelope::KeyId> ids) {
      from.codec.peer_keeps(sealing_node(2), ids);
    });
  }
  SealingEnds(const SealingEnds&) = delete;
  SealingEnds& operator=(const SealingEnds&) = delete;

  rpc::Payload seal(core::ByteView value) {
    rpc::Payload payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
    payload.type = 1;
    auto sealed = from.codec.seal(place, payload);
    RUNARD_CHECK(sealed.has_value());
    return std::move(*sealed);
  }
  rpc::PayloadPlace at_receiver() const {
    rpc::PayloadPlace there = place;
    there.peer = sealing_node(1);
    return there;
  }

  SealingKeys keys;
  SealingEnd from;
  SealingEnd to;
  rpc::PayloadPlace place{
      rpc::PayloadPlace::Kind::kReply, "main", "users/ann", 1, sealing_node(2), {}, true};
};

}  // namespace runard::test
