// Nodes with types, labels and keys, for the tests of sealing.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <runar/cbor.hpp>
#include <set>
#include <string>

#include "envelope/signature.h"
#include "sealing/codec.h"
#include "support/fakes.h"
#include "support/result_text.h"

namespace runard::sealing::testing {

using core::Errc;
using rpc::PayloadPlace;

template <class Id>
Id id_of(std::uint8_t byte) {
  Id id;
  id.bytes.fill(byte);
  return id;
}

inline const core::NodeId kA = id_of<core::NodeId>(0xa1);
inline const core::NodeId kB = id_of<core::NodeId>(0xb2);
inline const core::NodeId kC = id_of<core::NodeId>(0xc3);
inline const core::NetworkId kMain = id_of<core::NetworkId>(0x11);
inline const core::NetworkId kOther = id_of<core::NetworkId>(0x22);
inline const core::ProfileId kAnn = id_of<core::ProfileId>(0x0a);
inline const core::ProfileId kBob = id_of<core::ProfileId>(0x0b);

// All keys that there are; what a node holds is in its own ring.
struct Authority final : Directory {
  struct Key {
    envelope::KeyAddress address;
    std::shared_ptr<const crypto::AgreementPrivateKey> key;
  };
  template <class Id>
  static Key make(envelope::KeyKind kind, const Id& id) {
    core::SystemRandom random;
    auto key = crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random);
    return {{kind, *envelope::KeyId::from(id.bytes), 1},
            std::make_shared<crypto::AgreementPrivateKey>(std::move(*key))};
  }
  static std::optional<envelope::Recipient> recipient(const Key& key) {
    return envelope::Recipient{key.address, key.key->public_key()};
  }

  std::uint64_t generation() const override { return changes; }
  std::optional<envelope::Recipient> network_key(const core::NetworkId& id) const override {
    const auto at = networks.find(id);
    return at == networks.end() ? std::nullopt : recipient(at->second);
  }
  std::optional<envelope::Recipient> profile_key(const core::ProfileId& id) const override {
    const auto at = profiles.find(id);
    return at == profiles.end() ? std::nullopt : recipient(at->second);
  }
  std::optional<envelope::Recipient> node_key(const core::NodeId& id) const override {
    const auto at = nodes.find(id);
    return at == nodes.end() ? std::nullopt : recipient(at->second);
  }
  std::string_view network_name(const core::NetworkId& id) const override {
    return id == kMain ? "main" : id == kOther ? "other" : "";
  }
  std::optional<core::NetworkId> find_network(std::string_view name) const override {
    return name == "main"    ? std::optional(kMain)
           : name == "other" ? std::optional(kOther)
                             : std::nullopt;
  }
  std::optional<core::ProfileId> find_profile(std::string_view name) const override {
    return name == "bob" ? std::optional(kBob) : std::nullopt;
  }
  bool acts_for(const core::NodeId& node, const core::ProfileId& profile) const override {
    return acting.contains({node, profile});
  }

  std::map<core::NetworkId, Key> networks{{kMain, make(envelope::KeyKind::kNetwork, kMain)},
                                          {kOther, make(envelope::KeyKind::kNetwork, kOther)}};
  std::map<core::ProfileId, Key> profiles{{kAnn, make(envelope::KeyKind::kProfile, kAnn)},
                                          {kBob, make(envelope::KeyKind::kProfile, kBob)}};
  std::map<core::NodeId, Key> nodes{{kB, make(envelope::KeyKind::kNode, kB)},
                                    {kC, make(envelope::KeyKind::kNode, kC)}};
  std::set<std::pair<core::NodeId, core::ProfileId>> acting{{kB, kAnn}};
  std::uint64_t changes = 1;
};

struct Ring final : envelope::KeyRing {
  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const envelope::KeyAddress& address) const override {
    const auto at = keys.find(address);
    return at == keys.end() ? nullptr : at->second;
  }
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId& node,
                                                  const envelope::KeyId& id) const override {
    const auto at = signers.find(node);
    return at != signers.end() && envelope::signer_id(*at->second) == id ? at->second : nullptr;
  }
  void give(const Authority::Key& key) { keys[key.address] = key.key; }

  std::map<envelope::KeyAddress, std::shared_ptr<const crypto::AgreementPrivateKey>> keys;
  std::map<core::NodeId, std::shared_ptr<const crypto::PublicKey>> signers;
};

// user: whose data it is, asking for it; system: the network, too; other: another network.
inline LabelMap labels() {
  return {{{"user", {false, {}, {"caller"}}},
           {"owned", {false, {}, {"owner"}}},
           {"system", {true, {}, {"caller"}}},
           {"other", {false, {"other"}, {}}},
           {"bob", {false, {}, {kBob.text()}}},
           {"named", {false, {}, {"bob"}}},
           {"nobody", {}}},
          1};
}

struct Node {
  Node(Authority& all, const core::NodeId& node, const policy::Gate* gate = nullptr,
       core::Log log = {})
      : key(std::make_shared<crypto::PrivateKey>(*crypto::PrivateKey::generate())),
        recipients(all, labels(), gate),
        codec({node, key, ring, clock, random, std::move(log)}, recipients, types) {}

  void declare(std::uint64_t id, std::string_view schema) {
    REQUIRE(types.declare(id, "com.example.Person", schema, labels()));
  }
  core::Result<core::Bytes> open(const PayloadPlace& place, const rpc::Payload& sealed) {
    auto opened = codec.open(place, sealed);
    if (!opened) {
      return opened.error();
    }
    return core::Bytes(opened->bytes.begin(), opened->bytes.end());
  }

  test::ManualClock clock;
  core::SystemRandom random;
  Ring ring;
  std::shared_ptr<const crypto::PrivateKey> key;
  TypeTable types;
  Recipients recipients;
  Codec codec;
};

using Write = void (*)(runar::cbor::Writer&);
inline core::Bytes cbor(Write write) {
  runar::cbor::Writer writer;
  write(writer);
  return {writer.bytes().begin(), writer.bytes().end()};
}

}  // namespace runard::sealing::testing
