// Directory: whose public keys there are, as this node's authorities say. Declared here,
// implemented over the keyrings.
//
// Every answer is authenticated: a key stands in a network's descriptor, a profile's certificate or
// a node's bundle, never in a message. Any thread; does not wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ids.h"
#include "envelope/recipient_set.h"

namespace runard::sealing {

class Directory {
 public:
  virtual ~Directory() = default;
  // Changes whenever an answer below may have changed.
  virtual std::uint64_t generation() const = 0;
  // The key to seal with now; none: nobody knows one.
  virtual std::optional<envelope::Recipient> network_key(const core::NetworkId& network) const = 0;
  virtual std::optional<envelope::Recipient> profile_key(const core::ProfileId& profile) const = 0;
  virtual std::optional<envelope::Recipient> node_key(const core::NodeId& node) const = 0;
  // By the names that this node's operator uses.
  virtual std::optional<core::NetworkId> find_network(std::string_view name) const = 0;
  virtual std::optional<core::ProfileId> find_profile(std::string_view name) const = 0;
  // Empty: this node is not in that network. Valid as long as the directory.
  virtual std::string_view network_name(const core::NetworkId& network) const = 0;
  // Whether that profile's certificate lists the node among those that may act for it.
  virtual bool acts_for(const core::NodeId& node, const core::ProfileId& profile) const = 0;
};

}  // namespace runard::sealing
