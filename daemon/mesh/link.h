// Link: what the mesh keeps of one live link: both directions of registry sync and its liveness.
#pragma once

#include "mesh/inbound.h"
#include "mesh/outbound.h"
#include "mesh/settings.h"
#include "mesh/shown.h"
#include "mesh/types.h"

namespace runard::mesh {

struct Link {
  Link(LinkId link, PeerInfo peer, std::uint64_t own_epoch, const Settings& settings)
      : id(link),
        info(std::move(peer)),
        out(own_epoch, settings.update_bytes),
        in(settings.update_bytes) {}

  LinkId id;
  PeerInfo info;
  std::vector<core::NetworkId> common;  // networks of both ends
  Shown shown;
  Outbound out;
  Inbound in;
  core::TimePoint heard{};                         // the last control frame
  core::TimePoint spoke{};                         // our last one
  core::TimePoint retry = core::kNever;            // of rows that the link would not take
  std::optional<core::TimePoint> resync_asked;     // by us
  std::optional<core::TimePoint> resync_answered;  // by us
  bool owes_snapshot = false;                      // asked for sooner than we answer
  bool owes_draining = false;                      // not sent yet
  bool owes_keys = false;                          // nor which keys this node holds
};

}  // namespace runard::mesh
