// EndpointEvents: the news of links, for whoever keeps the mesh together.
//
// On the I/O thread, outside of ngtcp2: all functions of the endpoint may be called from here; what
// they do to links takes effect after the call.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "transport/address.h"
#include "transport/remote_node.h"
#include "transport/tls_context.h"

namespace runard::transport {

using DialId = std::uint64_t;

struct PeerInfo {
  core::NodeId node;
  std::string name;                       // as its certificate says
  std::vector<core::NetworkId> networks;  // in common
  std::vector<std::string> groups;        // as its certificate says
  std::vector<std::string> labels;        // the same: identity/node_labels.h
  std::uint64_t epoch = 0;
  std::uint64_t features = 0;           // of its hello: wire::kFeature...
  std::vector<std::string> addresses;   // where it says it can be dialled
  Address address;                      // where it is seen
  bool dialled = false;                 // by this node
  DialId dial = 0;                      // of those that still run, the one that made the link
  core::WallTime not_after{};           // of its certificate
  const TlsContext* own_tls = nullptr;  // with which this node proved itself; only to compare
};

class EndpointEvents {
 public:
  virtual ~EndpointEvents() = default;
  // The link to that node. An older one to the same node takes no new work from now on; its
  // link_down follows when what was in progress is done.
  virtual void link_up(LinkId link, const PeerInfo& peer, std::shared_ptr<RemoteNode> remote) = 0;
  // A control frame of a type from wire::kFirstOpaque on.
  virtual void control(LinkId link, std::uint64_t type, core::ByteView body) = 0;
  // Only for links that were up.
  virtual void link_down(LinkId link, const core::Error& why) = 0;
  // The link that is up to the node dialled, be it this dial's or a better one. kNoCommonNetwork
  // comes only of who proved to be the node that was dialled, if one was named.
  virtual void dial_done(DialId dial, const core::Result<LinkId>& outcome) = 0;
};

}  // namespace runard::transport
