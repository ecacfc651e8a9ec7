// Outbound: brings one link's peer to this node's newest rows, one update at a time.
//
// While an update is on its way, later changes only move the goal: the next delta covers them all.
// So a slow link holds at most two views (shared) and one encoded update, however much happens.
#pragma once

#include <functional>

#include "mesh/local_rows.h"

namespace runard::mesh {

class Outbound {
 public:
  // Hands over one kRows body; false when the link can take no more now.
  using Send = std::function<bool(core::Bytes)>;

  Outbound(std::uint64_t epoch, std::size_t update_limit)
      : epoch_(epoch), update_limit_(update_limit) {}

  // What the peer should know. The first goal is sent as a snapshot.
  void want(View view, std::uint64_t version);
  // The peer has lost track: the next update is a snapshot.
  void restart() { known_.reset(); }
  // Sends what can be sent. False: a send was refused, so call again.
  bool pump(const Send& send);

  // The version that the peer has once it has read all that was sent; 0 while an update is on its
  // way.
  std::uint64_t sent_version() const { return known_ && !sending() ? known_version_ : 0; }
  // An update over the limit is never sent: its size, or 0 when all fits.
  std::size_t oversized() const { return oversized_; }

 private:
  bool sending() const { return next_ < chunks_; }
  bool begin();
  core::Bytes chunk() const;

  const std::uint64_t epoch_;
  const std::size_t update_limit_;
  View wanted_;
  std::uint64_t wanted_version_ = 0;
  std::optional<View> known_;  // none: a snapshot is due
  std::uint64_t known_version_ = 0;
  std::uint64_t updates_ = 0;
  core::Bytes encoded_;  // of the update that is being sent
  std::size_t next_ = 0;
  std::size_t chunks_ = 0;
  std::size_t oversized_ = 0;
  std::uint64_t oversized_version_ = 0;  // not tried again
};

}  // namespace runard::mesh
