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
  // `heard`: the denylist that the mesh has; what the CA's folder says besides counts too.
  Rights(const identity::Authority& ca, identity::Denylist heard, core::WallTime now)
      : ca_(ca), heard_(std::move(heard)), now_(now) {}

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
  // What a node with that certificate is granted again: what both the certificate and the last that
  // an operator ordered for it here have, without networks that it was put out of. Renewals since
  // do not count: what was ordered may not be installed yet. kNodeDenied; kRenewalRefused when
  // no network is left.
  core::Result<Granted> again(const identity::PeerIdentity& holder) const;

 private:
  core::Result<identity::Denylist> denied() const;

  const identity::Authority& ca_;
  const identity::Denylist heard_;
  const core::WallTime now_;
};

// What a bundle may be at most, as text: for a guest, whose exchange is bounded, and for a renewal.
inline constexpr std::size_t kMaxGuestBundle = 240 * 1024;
inline constexpr std::size_t kMaxRenewedBundle = identity::kMaxBundleText;

// Before anything is used up or signed: whether the networks (names) have room for the node and the
// bundle will fit. Without an agreement key no network's keys are in it. kTooLarge.
core::Result<void> check_room(const keys::CaFolder& folder,
                              const std::optional<keys::AgreementRecord>& agreement,
                              const std::vector<std::string>& networks, std::size_t limit);
// Also before: whether the CA would take the node's agreement key. kConflict for one older than it
// knows.
core::Result<void> check_agreement(const keys::CaFolder& folder,
                                   const std::optional<keys::AgreementRecord>& agreement);
// The bundle with the keys of its networks, sealed to the node's agreement key; as it is without
// one. A node that has the keys already is no news: the newest statement is given again.
core::Result<identity::Bundle> with_keys(keys::CaFolder& folder, identity::Bundle bundle,
                                         const std::optional<keys::AgreementRecord>& agreement);

}  // namespace runard::enroll
