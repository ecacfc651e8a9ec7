// Mesh: membership and registry sync. Who is linked, what each peer offers, whom to dial, when a
// peer is gone. README.md has states, frames and timers.
//
// Sans-I/O: each input carries the time; outputs go to the Port, during the call. Control strand
// only. After each input, tick() must be called no later than expiry().
#pragma once

#include "core/log.h"
#include "mesh/address_book.h"
#include "mesh/exchange.h"
#include "mesh/gossip.h"
#include "mesh/link.h"
#include "mesh/peer.h"
#include "mesh/port.h"

namespace runard::mesh {

class Mesh {
 public:
  struct Self {
    core::NodeId node;
    std::uint64_t epoch = 0;  // of this run, from 1
  };

  // `names`, `port` and `random` outlive the mesh.
  Mesh(const Self& self, const Settings& settings, const NetworkNames& names, Port& port,
       core::Random& random, core::Log log);
  Mesh(const Mesh&) = delete;
  Mesh& operator=(const Mesh&) = delete;

  // A verified link. Several of one peer may be up while the transport decides which stays.
  void link_up(LinkId link, PeerInfo peer, core::TimePoint now);
  void link_down(LinkId link, const core::Error& error, core::TimePoint now);
  // A frame of the control stream of a type that is not the transport's. Unknown ones are skipped
  // unless critical; a broken one costs the peer its link.
  void control(LinkId link, std::uint64_t type, core::ByteView body, core::TimePoint now);
  // The link takes control frames again.
  void writable(LinkId link, core::TimePoint now);

  void seen(const DialHint& hint, core::TimePoint now);
  void unseen(const core::NodeId& node);
  void dial_failed(DialId dial, const core::Error& error, const std::optional<core::NodeId>& who,
                   core::TimePoint now);

  // This node's own rows are now these; peers are told what changed. Epoch and version are set
  // here.
  void local_changed(const registry::NodeRows& rows, core::TimePoint now);
  // Port::show() answers differently from now on, and what replace() makes of rows may differ:
  // peers are told what they may see now, and the rows of each that is linked are handed over again
  // (as with each link of a peer that comes up, since the rights of a peer come with its link).
  void rights_changed(core::TimePoint now);
  // NetworkNames answers differently from now on.
  void networks_changed(const registry::NodeRows& rows, core::TimePoint now);

  // Peers are told statements, and asked for theirs, from now on. Before the first link.
  void set_statements(Statements& statements) { gossip_.set_statements(&statements); }
  // A statement is newly in force here, also one that came over a link.
  void statement_changed(const wire::StatementKey& key, core::TimePoint now) {
    gossip_.changed(key, now);
  }
  void trust_changed(core::TimePoint now) {
    gossip_.trust_changed(now);
    book_.reconsider(now);
  }

  // This node holds these keys of networks: peers are told.
  void set_keys_held(std::vector<wire::KeyHeld> held, core::TimePoint now);

  // Tells peers to choose this node for nothing new, and dials nobody any more.
  void drain(core::TimePoint now);
  // Tells peers to forget this node at once. They close their links; left() is then true, at the
  // latest Settings::leave later.
  void leave(core::TimePoint now);
  bool left() const { return phase_ == Phase::kLeaving && links_.empty(); }

  void tick(core::TimePoint now);
  core::TimePoint expiry() const;

  std::vector<PeerStatus> peers() const;
  std::vector<AddressBook::Status> targets() const { return book_.list(); }
  Stats stats() const;
  GossipStats gossip_stats() const { return gossip_.stats(); }

 private:
  enum class Phase : std::uint8_t { kRunning, kDraining, kLeaving };

  // Membership (mesh.cc).
  std::optional<core::Error> refusal(const PeerInfo& info) const;
  Peer& peer_of(const PeerInfo& info, core::TimePoint now);
  void lose(Peer& peer, core::TimePoint now);
  void withdraw(Peer& peer);
  void forget(Peer& peer);
  void cut(LinkId id, const core::Error& reason, core::TimePoint now);
  void notice_freeze(core::TimePoint now);
  std::vector<LinkId> link_ids() const;
  std::vector<core::NetworkId> common_networks(const PeerInfo& info) const;

  // What is said over a link (mesh_sync.cc).
  core::Result<void> handle(Link& link, wire::SyncType type, core::ByteView body,
                            core::TimePoint now);
  core::Result<void> on_rows(Link& link, core::ByteView body, core::TimePoint now);
  core::Result<void> on_update(Link& link, core::ByteView bytes, core::TimePoint now);
  core::Result<void> on_heartbeat(Link& link, core::ByteView body, core::TimePoint now);
  core::Result<void> on_keys_held(Link& link, core::ByteView body);
  bool tell_keys(Link& link, core::TimePoint now);
  core::Result<void> on_peers(Link& link, core::ByteView body, core::TimePoint now);
  void on_draining(Peer& peer, const Link& link, core::TimePoint now);
  void on_goodbye(Peer& peer, core::TimePoint now);
  void publish(Peer& peer, const Link& link, PeerRows::Outcome outcome, core::TimePoint now);
  void hand_over(const Peer& peer);
  void ask_resync(Link& link, core::TimePoint now);
  void answer_resync(Link& link, core::TimePoint now);
  void join_networks(Link& link);
  void want(Link& link);
  bool send(Link& link, wire::SyncType type, core::Bytes body, core::TimePoint now);
  void push(Link& link, core::TimePoint now);
  void tick_link(Link& link, core::TimePoint now);
  void tick_exchange(core::TimePoint now);
  void remember_addresses(Peer& peer, const Link& link, core::TimePoint now);
  std::vector<wire::Address> addresses_of(const Link& link) const;

  void arm(core::TimePoint when) { next_ = std::min(next_, when); }

  const Self self_;
  const Settings settings_;
  const NetworkNames& names_;
  Port& port_;
  const core::Log log_;
  AddressBook book_;
  Exchange exchange_;
  Gossip gossip_;
  LocalRows local_;
  std::vector<wire::KeyHeld> keys_held_;
  Phase phase_ = Phase::kRunning;
  core::TimePoint leave_until_ = core::kNever;
  std::map<core::NodeId, Peer> peers_;
  std::map<LinkId, Link> links_;
  core::TimePoint next_ = core::kNever;
  Stats stats_;
};

}  // namespace runard::mesh
