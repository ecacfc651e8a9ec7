// Peer: what the mesh keeps of one node, from its first link until it is forgotten.
#pragma once

#include "mesh/peer_rows.h"
#include "mesh/types.h"

namespace runard::mesh {

enum class PeerState : std::uint8_t {
  kSyncing,   // linked; its rows are on their way
  kUp,        // linked, rows known
  kDraining,  // as kUp, but it is about to stop
  kLost,      // no link: rows are kept for the grace period, nothing is sent to it
};

struct Peer {
  Peer(const core::NodeId& id, std::size_t rows_memory) : node(id), rows(id, rows_memory) {}

  core::NodeId node;
  std::uint64_t epoch = 0;
  std::vector<LinkId> links;  // in the order they came; the last is the one in use
  PeerRows rows;
  std::vector<wire::Address> addresses;  // as told to others
  PeerState state = PeerState::kSyncing;
  bool announced = false;  // kDiscovered was said
  bool draining = false;   // this run of it is: that is never taken back
  core::TimePoint forget = core::kNever;
};

// For people and for tests.
struct PeerStatus {
  core::NodeId node;
  std::string name;
  std::string address;
  PeerState state = PeerState::kSyncing;
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  std::size_t links = 0;
  std::size_t rows_memory = 0;
  std::uint64_t trust = 0;  // generation of the trust bundle that it told of
};

struct Stats {
  std::size_t peers = 0;
  std::size_t links = 0;
  std::size_t dials_in_flight = 0;
  std::uint64_t resyncs_asked = 0;
  std::uint64_t resyncs_answered = 0;
  std::uint64_t refused_rows = 0;  // of foreign networks, `$` paths or impossible topics
  std::uint64_t silent_links = 0;  // closed because nothing came
  std::uint64_t protocol_errors = 0;
  std::size_t oversized_update = 0;  // bytes: own rows that are too many to be told
};

}  // namespace runard::mesh
