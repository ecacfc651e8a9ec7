// Settings: every limit and period of the mesh, with its default.
#pragma once

#include <chrono>
#include <cstddef>

#include "core/clock.h"

namespace runard::mesh {

struct DialSettings {
  // Dials younger than `young`. Older ones only wait for an answer that may never come, so they
  // hold nobody up.
  std::size_t parallel = 16;
  core::Duration young = std::chrono::milliseconds(100);
  std::size_t in_flight = 128;  // all together
  std::size_t retrying = 64;    // those that failed before: they never use up what others need
  std::size_t hearsay = 96;     // those that nothing but hints tells of: likewise
  core::Duration timeout = std::chrono::seconds(10);  // the transport's own is shorter

  // Full jitter: a random part of first * 2^failures, at most cap.
  core::Duration backoff_first = std::chrono::milliseconds(100);
  core::Duration backoff_cap = std::chrono::seconds(30);
  // For an address where a peer was linked within `well_known`: it will most likely come back.
  core::Duration backoff_cap_known = std::chrono::seconds(4);
  core::Duration well_known = std::chrono::minutes(5);
  // After a node without a common network answered: a random part of the second half of it, for
  // all that is said to be that node. So many such nodes are remembered.
  core::Duration apart = std::chrono::minutes(10);
  std::size_t apart_nodes = 1024;

  // The higher node id lets the lower one dial first, since the lower one's dial would win.
  core::Duration yield = std::chrono::milliseconds(100);
  // A newcomer is dialled by all at once: spread that over spread_per_peer * peers.
  core::Duration spread_per_peer = std::chrono::milliseconds(8);
  core::Duration spread_most = std::chrono::milliseconds(400);
  core::Duration again = std::chrono::milliseconds(250);  // between two dials of one target

  // For the hints of one source, which is the multicast group or a peer that tells of others: a
  // burst of dials, then one each hint_pause.
  int hint_burst = 32;
  core::Duration hint_pause = std::chrono::milliseconds(100);
  std::size_t hint_sources = 4;  // remembered of a target; any of them pays

  std::size_t addresses = 8;  // of one hint
  std::size_t static_targets = 256;
  std::size_t multicast_targets = 512;
  std::size_t exchange_targets = 1024;
  std::size_t exchange_targets_peer = 512;  // of them, first told by one peer
  std::size_t told_targets = 1024;
  core::Duration remember = std::chrono::hours(1);  // a lost peer's own addresses
};

struct ExchangeSettings {
  core::Duration delay = std::chrono::milliseconds(100);  // collects what happens together
  core::Duration round = std::chrono::seconds(60);        // each peer is told a random few again
  core::Duration ttl = std::chrono::minutes(10);          // of what a peer told
};

struct GossipSettings {
  std::size_t statement_bytes = 128U << 10;
  std::size_t wants = 2048;      // profiles that peers have and this node lacks
  std::size_t wants_link = 256;  // of them, that one link told of
  std::size_t sources = 8;       // peers remembered for each
  // Statements asked for, by all links; statements sent, on one link.
  double burst = 32;
  double per_second = 20;
  // Profiles, which any member may make and change: asked for by all links; each one of them.
  double profile_burst = 256;
  double profiles_per_second = 5;
  double change_burst = 4;
  core::Duration change_each = std::chrono::seconds(15);
  core::Duration timeout = std::chrono::seconds(5);    // for a statement to come
  core::Duration distrust = std::chrono::seconds(30);  // after one that was refused or never came
  core::Duration round = std::chrono::seconds(60);     // one peer is told everything again
  core::Duration every = std::chrono::seconds(1);      // all heads to one peer, at most
  core::Duration retry_send = std::chrono::milliseconds(50);
};

struct Settings {
  std::size_t peers = 1024;
  std::size_t links_per_peer = 4;       // while the transport decides which stays
  std::size_t update_bytes = 8U << 20;  // one snapshot or delta, encoded
  std::size_t rows_memory = 8U << 20;   // what one peer's rows may take
  core::Duration heartbeat = std::chrono::seconds(1);
  core::Duration silence = std::chrono::milliseconds(3500);  // then a link counts as dead
  core::Duration grace = std::chrono::seconds(1);            // rows outlive their link so long
  core::Duration frozen = std::chrono::milliseconds(500);    // a later tick means we stood still
  core::Duration resync_every = std::chrono::seconds(1);     // asked for, and answered, at most
  core::Duration retry_send = std::chrono::milliseconds(50);
  core::Duration leave = std::chrono::milliseconds(500);  // for peers to take the goodbye
  DialSettings dial;
  ExchangeSettings exchange;
  GossipSettings gossip;
};

}  // namespace runard::mesh
