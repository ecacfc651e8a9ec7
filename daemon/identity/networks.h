// The names of a mesh's networks, signed by its CA: what gives the random ids in certificates a
// name on this node. Nobody between the CA and the node can exchange two names.
//
// Encoding (README.md has it as a table): version 1, a count, then for each network, ascending by
// id, the 16 bytes of the id, a length and the name; after them the CA's ECDSA signature in DER
// over all that. At most kMaxNetworks; names are unique.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/key.h"

namespace runard::identity {

struct NetworkDescriptor {
  core::NetworkId id;
  std::string name;
  friend bool operator==(const NetworkDescriptor&, const NetworkDescriptor&) = default;
};

class SignedNetworks {
 public:
  // Errors: kInvalidArgument for none, too many, bad or repeated names, repeated ids.
  static core::Result<SignedNetworks> sign(std::vector<NetworkDescriptor> networks,
                                           const crypto::PrivateKey& key);
  // Errors: kBundleInvalid. The signature is checked by verify() only.
  static core::Result<SignedNetworks> parse(core::ByteView bytes);

  core::Bytes bytes() const;
  bool verify(const crypto::PublicKey& key) const;
  const std::vector<NetworkDescriptor>& networks() const { return networks_; }
  std::vector<core::NetworkId> ids() const;  // ascending

 private:
  SignedNetworks(std::vector<NetworkDescriptor> networks, core::Bytes signature)
      : networks_(std::move(networks)), signature_(std::move(signature)) {}

  std::vector<NetworkDescriptor> networks_;
  core::Bytes signature_;
};

}  // namespace runard::identity
