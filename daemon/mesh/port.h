// Port: what Mesh asks of the rest of the daemon. node/ implements it over transport and registry,
// the simulator over message pipes.
//
// Called on the control strand, from inside a Mesh call. An implementation must not call back into
// the Mesh from there: it posts.
#pragma once

#include "core/result.h"
#include "mesh/types.h"
#include "registry/rows.h"
#include "wire/keys_held.h"
#include "wire/sync.h"

namespace runard::mesh {

enum class PeerNews : std::uint8_t { kDiscovered, kUpdated, kDisconnected };

class Port {
 public:
  // Queues a control frame, in order. False: the link can take no more now; the frame is not sent,
  // and Mesh::writable() (or time) makes the mesh try again.
  virtual bool send_control(LinkId link, wire::SyncType type, core::Bytes body) = 0;
  // Sends what is queued, then closes and tells the peer why. The mesh has forgotten the link; a
  // link_down() for it is ignored.
  virtual void close(LinkId link, const core::Error& reason) = 0;
  // Races the addresses. Ends in link_up() with this dial id or in dial_failed(), within 10 s.
  virtual void dial(DialId dial, const std::vector<std::string>& addresses,
                    const std::optional<core::NodeId>& expected) = 0;

  // From now on calls and events for the node go over this link.
  virtual void attach(const core::NodeId& node, LinkId link) = 0;
  // The node has no link. Its rows may stay for the grace period, but nothing may be sent to it: a
  // path that only it provides answers kNoEndpoint, not kNoService.
  virtual void detach(const core::NodeId& node) = 0;

  // The node's rows are now these, and nothing else. When they are draining, the node is to be
  // chosen for nothing new.
  virtual void replace(registry::NodeRows rows) = 0;
  virtual void drop(const core::NodeId& node) = 0;

  // Takes away what the peer may not be told of this service; false: it may not be told of it at
  // all. The answer may change only with Mesh::rights_changed().
  virtual bool show(const core::NodeId& /*peer*/, const core::NetworkId& /*network*/,
                    wire::ServiceEntry& /*service*/) const {
    return true;
  }

  // The peer says which versions of the keys of common networks it holds: of all of them, each
  // time.
  virtual void keys_held(const core::NodeId& /*peer*/, const std::vector<wire::KeyHeld>& /*held*/) {
  }

  virtual void news(PeerNews what, const core::NodeId& node) = 0;

 protected:
  ~Port() = default;
};

}  // namespace runard::mesh
