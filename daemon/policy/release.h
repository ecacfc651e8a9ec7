// Release: to whom a label may be released, whatever names them as recipients. A rule of its own
// beside encryption.labels, which says who does get it: a recipient has to pass both.
//
// Values; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"

namespace runard::policy {

// Somebody that a field's key would be sealed to. `caller`: it is the profile of the request, or
// the owner of the event, and whoever asks has verified that the peer may act for it.
struct Recipient {
  enum class Kind : std::uint8_t { kNetwork, kProfile, kNode };
  Kind kind = Kind::kNetwork;
  std::string_view network{};             // its name here; of kNetwork
  core::ProfileId profile{};              // of kProfile
  bool caller = false;                    // of kProfile
  core::NodeId node{};                    // of kNode
  std::span<const std::string> groups{};  // of kNode, from its certificate
};

// One entry of authorization.labels.
struct Release {
  std::string label;
  std::vector<std::string> networks;
  bool to_caller = false;
  std::vector<core::ProfileId> profiles;
  std::vector<core::NodeId> nodes;
  std::vector<std::string> groups;

  bool covers(const Recipient& recipient) const;
};

}  // namespace runard::policy
