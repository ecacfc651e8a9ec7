// MeshKeys: the keys of this node's mesh as private fields need them: whom fields are sealed to,
// what this node opens, and the codec between both.
//
// The directory and the ring are filled by whoever reads the keystore and the mesh's statements.
// Threads: any. Lifetime: all that it is given outlives it.
#pragma once

#include "keys/directory.h"
#include "keys/key_ring.h"
#include "node/network_map.h"
#include "node/private_fields.h"
#include "sealing/codec.h"

namespace runard::node {

// The keys' directory, as sealing asks it.
class KeyDirectory final : public sealing::Directory {
 public:
  KeyDirectory(const keys::Directory& keys, const NetworkMap& networks, const core::Clock& clock,
               const keys::KeyRing& ring)
      : keys_(keys), networks_(networks), clock_(clock), ring_(ring) {}

  std::uint64_t generation() const override { return keys_.generation(); }
  std::optional<envelope::Recipient> network_key(const core::NetworkId& network) const override;
  std::optional<envelope::Recipient> profile_key(const core::ProfileId& profile) const override;
  std::optional<envelope::Recipient> node_key(const core::NodeId& node) const override;
  std::optional<core::NetworkId> find_network(std::string_view name) const override {
    return networks_.id(name);
  }
  std::string_view network_name(const core::NetworkId& network) const override {
    return networks_.name(network);
  }
  // Of several with that name the one whose key this node was given, else nobody.
  std::optional<core::ProfileId> find_profile(std::string_view name) const override;
  bool acts_for(const core::NodeId& node, const core::ProfileId& profile) const override;

 private:
  const keys::Directory& keys_;
  const NetworkMap& networks_;
  const core::Clock& clock_;
  const keys::KeyRing& ring_;
};

class MeshKeys {
 public:
  struct Self {
    core::NodeId id;
    std::shared_ptr<const crypto::PrivateKey> key;  // the identity
  };
  struct Seams {
    const core::Clock& clock;
    core::Random& random;
    core::Log log;
    const keys::Directory& directory;
    keys::KeyRing& ring;
    const policy::Gate& gate;
  };
  MeshKeys(const Self& self, const Seams& seams, const NetworkMap& networks, PrivateFields& fields);

  sealing::Recipients& recipients() { return recipients_; }
  sealing::Codec& codec() { return codec_; }
  sealing::Stats stats() const { return codec_.stats(); }

 private:
  const KeyDirectory lookups_;
  sealing::Recipients recipients_;
  sealing::Codec codec_;
};

}  // namespace runard::node
