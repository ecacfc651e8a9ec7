// Senders, receivers and messages for the tests of envelopes.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>

#include "envelope/opener.h"
#include "envelope/sealer.h"
#include "envelope/signature.h"
#include "support/fakes.h"
#include "support/result_text.h"

namespace runard::envelope::testing {

using core::Errc;

inline core::Bytes cbor_text(std::string_view text) {
  RUNARD_CHECK(text.size() < 24);
  core::Bytes bytes(1 + text.size(), static_cast<std::uint8_t>(0x60 + text.size()));
  std::ranges::copy(text, bytes.begin() + 1);
  return bytes;
}

// A byte string of this size, as CBOR.
inline core::Bytes cbor_blob(std::size_t size) {
  core::Bytes bytes{0x5a, static_cast<std::uint8_t>(size >> 24),
                    static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 8),
                    static_cast<std::uint8_t>(size)};
  if (size < 0x10000) {
    bytes = {0x59, bytes[3], bytes[4]};
  }
  if (size < 0x100) {
    bytes = {0x58, bytes[2]};
  }
  if (size < 24) {
    bytes = {static_cast<std::uint8_t>(0x40 + size)};
  }
  bytes.resize(bytes.size() + size, 0x5a);
  return bytes;
}

template <class Id>
Id id_of(std::uint8_t byte) {
  Id id;
  id.bytes.fill(byte);
  return id;
}

inline std::shared_ptr<const crypto::AgreementPrivateKey> new_key(crypto::Kem kem) {
  core::SystemRandom random;
  auto key = crypto::AgreementPrivateKey::generate(kem, random);
  return std::make_shared<crypto::AgreementPrivateKey>(std::move(*key));
}

class FakeRing final : public KeyRing {
 public:
  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const KeyAddress& address) const override {
    const auto found = keys.find(address);
    return found == keys.end() ? nullptr : found->second;
  }
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId& node,
                                                  const KeyId& id) const override {
    const auto found = signers.find({node, id});
    return found == signers.end() ? nullptr : found->second;
  }
  void trust(const core::NodeId& node, const crypto::PublicKey& key) {
    signers[{node, signer_id(key)}] = std::make_shared<crypto::PublicKey>(key);
  }

  std::map<KeyAddress, std::shared_ptr<const crypto::AgreementPrivateKey>> keys;
  std::map<std::pair<core::NodeId, KeyId>, std::shared_ptr<const crypto::PublicKey>> signers;
};

inline const core::NodeId kAlice = id_of<core::NodeId>(0xa1);
inline const core::NodeId kMallory = id_of<core::NodeId>(0x66);
inline const core::NetworkId kMain = id_of<core::NetworkId>(0x11);
inline const KeyAddress kBobAddress{KeyKind::kProfile, id_of<KeyId>(0xb0), 1};
inline const KeyAddress kCarolAddress{KeyKind::kNode, id_of<KeyId>(0xca), 7};

// A key pair with its address, as a recipient and for a ring.
struct Holder {
  Holder(const KeyAddress& where, crypto::Kem kem) : address(where), key(new_key(kem)) {}
  Recipient recipient() const { return {address, key->public_key()}; }
  void give_to(FakeRing& ring) const { ring.keys[address] = key; }

  KeyAddress address;
  std::shared_ptr<const crypto::AgreementPrivateKey> key;
};

struct Sender {
  explicit Sender(const core::NodeId& id = kAlice)
      : epochs(id, clock, random), sealer(epochs, clock, random) {}

  test::ManualClock clock;
  core::SystemRandom random;
  EpochKeys epochs;
  Sealer sealer;
};

struct Receiver {
  Receiver() : opener(ring, cache) {}

  FakeRing ring;
  KekCache cache;
  Opener opener;
};

// The profile of Ann: a name in clear, an address for Bob, a note for Bob and Carol.
struct Profile {
  explicit Profile(crypto::Kem kem = crypto::Kem::kX25519)
      : bob(kBobAddress, kem),
        carol(kCarolAddress, kem),
        for_bob(*RecipientSet::make({bob.recipient()})),
        for_both(*RecipientSet::make({carol.recipient(), bob.recipient()})) {
    groups[0] = {user, fields_for_bob, &for_bob};
    groups[1] = {user_system, fields_for_both, &for_both};
    message.type = "profile/v1";
    message.network = kMain;
    message.context = {Kind::kRequest, "users/ann", core::as_bytes("correlate")};
    message.clear = clear;
    message.groups = groups;
  }
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  Expected expected() const { return {message.network, message.context, message.type, kAlice}; }

  Holder bob;
  Holder carol;
  RecipientSet for_bob;
  RecipientSet for_both;
  core::Bytes name = cbor_text("Ann");
  core::Bytes street = cbor_text("12 Elm Road");
  core::Bytes phone = cbor_text("555-0100");
  core::Bytes note = cbor_text("likes tea");
  Field clear[1] = {{"name", name}};
  Field fields_for_bob[2] = {{"address.street", street}, {"phone", phone}};
  Field fields_for_both[1] = {{"note", note}};
  std::string_view user[1] = {"user"};
  std::string_view user_system[2] = {"system", "user"};
  Group groups[2];
  Message message;
};

inline Errc code_of(const core::Result<Outcome>& outcome) {
  return outcome ? Errc{} : outcome.error().code;
}

// What was opened; fails the test if nothing was.
inline const Opened& opened_of(const core::Result<Outcome>& outcome) {
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<Opened>(*outcome));
  return std::get<Opened>(*outcome);
}

// "name=63416e6e;" in the order of the envelope; a redacted group is "[labels]redacted;".
std::string text_of(const Opened& opened);
// That, or "kek unknown", or the error's name.
std::string text_of(const core::Result<Outcome>& outcome);

}  // namespace runard::envelope::testing
