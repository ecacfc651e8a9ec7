// Directory: the public keys to seal to, by whom they are for: the active one of a network, of a
// profile, of a node. And which nodes may act for a profile.
//
// Its contents are an immutable snapshot that is replaced as a whole. The generation tells contents
// apart: it is one higher whenever they changed, and the same when they did not, so that what was
// worked out from them can be kept.
// Threading: any thread; snapshot() takes a lock for as long as copying a pointer takes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "envelope/recipient_set.h"

namespace runard::keys {

using ProfileId = envelope::KeyId;

// A profile whose certificate was proven.
struct ProfileEntry {
  ProfileId id;
  std::string name;
  envelope::Recipient recipient;    // its address and key
  std::vector<core::NodeId> nodes;  // that may act for it, ascending
  std::uint64_t not_after_ms = 0;
};

// Everything at once, any order; of two for the same one the later counts.
struct DirectoryContents {
  std::vector<envelope::Recipient> networks;  // of KeyKind::kNetwork
  std::vector<envelope::Recipient> nodes;     // of KeyKind::kNode
  std::vector<ProfileEntry> profiles;
};

class DirectorySnapshot {
 public:
  DirectorySnapshot(DirectoryContents contents, std::uint64_t generation);

  std::uint64_t generation() const { return generation_; }
  // Null for what is not known or has no active key.
  const envelope::Recipient* network(const core::NetworkId& id) const;
  const envelope::Recipient* node(const core::NodeId& id) const;
  const ProfileEntry* profile(const ProfileId& id) const;
  // Whether the profile's certificate names this node and is good at this time.
  bool may_act(const ProfileId& profile, const core::NodeId& node, std::uint64_t now_ms) const;

  bool same_contents(const DirectorySnapshot& other) const;
  const std::unordered_map<ProfileId, ProfileEntry>& profiles() const { return profiles_; }

 private:
  std::unordered_map<core::NetworkId, envelope::Recipient> networks_;
  std::unordered_map<core::NodeId, envelope::Recipient> nodes_;
  std::unordered_map<ProfileId, ProfileEntry> profiles_;
  std::uint64_t generation_;
};

class Directory {
 public:
  Directory() : current_(std::make_shared<const DirectorySnapshot>(DirectoryContents{}, 1)) {}

  std::shared_ptr<const DirectorySnapshot> snapshot() const;
  std::uint64_t generation() const { return snapshot()->generation(); }
  // True when this is something new, and the generation one higher.
  bool replace(DirectoryContents contents);

 private:
  mutable std::mutex mutex_;  // protects current_
  std::shared_ptr<const DirectorySnapshot> current_;
};

}  // namespace runard::keys
