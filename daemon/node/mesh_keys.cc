#include "node/mesh_keys.h"

namespace runard::node {
namespace {

std::optional<envelope::Recipient> copy(const envelope::Recipient* found) {
  return found == nullptr ? std::nullopt : std::optional(*found);
}

keys::ProfileId key_id(const core::ProfileId& profile) {
  return *keys::ProfileId::from(profile.bytes);
}

std::uint64_t to_ms(core::WallTime time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<std::uint64_t>(ms.count());
}

}  // namespace

std::optional<envelope::Recipient> KeyDirectory::network_key(const core::NetworkId& network) const {
  return copy(keys_.snapshot()->network(network));
}

std::optional<envelope::Recipient> KeyDirectory::profile_key(const core::ProfileId& profile) const {
  const auto snapshot = keys_.snapshot();
  const keys::ProfileEntry* entry = snapshot->profile(key_id(profile));
  return entry == nullptr ? std::nullopt : std::optional(entry->recipient);
}

std::optional<envelope::Recipient> KeyDirectory::node_key(const core::NodeId& node) const {
  return copy(keys_.snapshot()->node(node));
}

std::optional<core::ProfileId> KeyDirectory::find_profile(std::string_view name) const {
  const auto snapshot = keys_.snapshot();
  std::vector<core::ProfileId> named;
  std::vector<core::ProfileId> given;
  for (const auto& [id, entry] : snapshot->profiles()) {
    if (entry.name == name) {
      named.push_back(*core::ProfileId::from(id.bytes));
      if (ring_.find(entry.recipient.address) != nullptr) {
        given.push_back(named.back());
      }
    }
  }
  // A name is nobody's property.
  const auto& candidates = given.empty() ? named : given;
  return candidates.size() == 1 ? std::optional(candidates.front()) : std::nullopt;
}

bool KeyDirectory::acts_for(const core::NodeId& node, const core::ProfileId& profile) const {
  return keys_.snapshot()->may_act(key_id(profile), node, to_ms(clock_.wall()));
}

MeshKeys::MeshKeys(const Self& self, const Seams& seams, const NetworkMap& networks,
                   PrivateFields& fields)
    : lookups_(seams.directory, networks, seams.clock, seams.ring),
      recipients_(lookups_, *fields.labels(), &seams.gate),
      codec_({self.id, self.key, seams.ring, seams.clock, seams.random, seams.log}, recipients_,
             fields.types()) {
  seams.ring.learn_signer(self.id, self.key->public_key());
}

}  // namespace runard::node
