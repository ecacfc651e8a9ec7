// What an issuer may grant by itself, from an opened CA folder: who is denied, what a node had
// before, and the networks' keys that go with a certificate.
//
// Nothing here grants more than an operator did. Used on the thread that has the folder open.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/certificate.h"
#include "keys/ca_folder.h"

namespace runard::enroll {

class Rights {
 public:
  // `heard`: the denylist that the mesh has, and its generation; what the CA's folder says besides
  // counts too, of a copy if its list is a newer one.
  Rights(const identity::Authority& ca, identity::Denylist heard, core::WallTime now,
         std::uint64_t heard_generation = 0)
      : ca_(ca), heard_(std::move(heard)), now_(now), heard_generation_(heard_generation) {}

  struct Granted {
    std::string name;
    std::vector<std::string> networks;  // names
    std::vector<std::string> groups;
    core::Duration lifetime{};  // as it was ordered; 0: that is not known here
    std::vector<std::string> labels{};
  };

  // kNodeDenied for a node or key that is denied, or is in one of the networks.
  core::Result<void> check(const crypto::PublicKey& key,
                           const std::vector<std::string>& networks) const;
  // What a node with that certificate is granted again: the networks that both the certificate and
  // the last that an operator ordered for it here have, without those that it was put out of; name,
  // groups and node labels as they were ordered, though it may not have installed that yet: they
  // may restrict it. Of a copy, whose record may be old, those that the certificate has, too.
  // Renewals since do not count. kNodeDenied; kRenewalRefused when no network is left.
  core::Result<Granted> again(const identity::PeerIdentity& holder) const;

 private:
  core::Result<identity::Denylist> denied() const;

  const identity::Authority& ca_;
  const identity::Denylist heard_;
  const core::WallTime now_;
  const std::uint64_t heard_generation_;
};

// What a bundle may be at most, as text: for a guest, whose exchange is bounded, and for a renewal.
inline constexpr std::size_t kMaxGuestBundle = 240 * 1024;
inline constexpr std::size_t kMaxRenewedBundle = identity::kMaxBundleText;

// Before anything is used up or signed: whether the networks (names) have room for the node and the
// bundle will fit. Without an agreement key no network's keys are in it. kTooLarge.
core::Result<void> check_room(const keys::CaFolder& folder,
                              const std::optional<keys::AgreementRecord>& agreement,
                              const std::vector<std::string>& networks, std::size_t limit);
// The bundle with the keys of its networks, sealed to the node's agreement key; as it is without
// one. A node that has the keys already is no news: the newest statement is given again.
core::Result<identity::Bundle> with_keys(keys::CaFolder& folder, identity::Bundle bundle,
                                         const std::optional<keys::AgreementRecord>& agreement);

}  // namespace runard::enroll
