// Gossip: carries statements from node to node. Each end tells what it has ("heads") when a link
// comes up and when it has news; who lacks something pulls it, one statement at a time on a link,
// and each from one peer at a time.
//
// Nothing is stored or passed on that Statements did not accept. A node that hands over what is
// refused, or less than it told of, is asked for nothing for a while, over whatever link; one that
// does not hand over a profile is asked which ones it has. All
// tables are bounded: what is kept of nodes by the certificates that there are.
//
// Sans-I/O; times are arguments. Control strand.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "core/result.h"
#include "core/token_bucket.h"
#include "mesh/inbound.h"
#include "mesh/port.h"
#include "mesh/profile_pace.h"
#include "mesh/settings.h"
#include "mesh/statements.h"

namespace runard::mesh {

struct GossipStats {
  std::uint64_t received = 0;  // statements, whole
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t sent = 0;
};

class Gossip {
 public:
  // `port` outlives the gossip.
  Gossip(const GossipSettings& settings, Port& port)
      : settings_(settings),
        port_(port),
        pulls_(settings.burst, settings.per_second),
        pace_(settings) {}

  // Outlives the gossip. Without it nothing is told and nothing taken.
  void set_statements(Statements* statements) { statements_ = statements; }

  void link_up(LinkId link, const core::NodeId& node, std::vector<core::NetworkId> common,
               core::TimePoint now);
  void link_down(LinkId link);
  // Frames of the three types only. Errors: kMalformedFrame, kProtocol, kTooLarge: the peer's link
  // is to be closed.
  core::Result<void> on_frame(LinkId link, wire::SyncType type, core::ByteView body,
                              core::TimePoint now);
  // Something is newly in force here.
  void changed(const wire::StatementKey& key, core::TimePoint now);
  // Other CAs are believed: what was refused may be right now.
  void trust_changed(core::TimePoint now);

  void tick(core::TimePoint now);
  core::TimePoint expiry() const { return next_; }
  GossipStats stats() const { return stats_; }
  // Of the trust bundle that the peer says it has; 0: it has told of none.
  std::uint64_t trust_of(LinkId link) const {
    const auto at = peers_.find(link);
    return at == peers_.end() ? 0 : at->second.trust;
  }

 private:
  struct Peer {
    explicit Peer(std::size_t limit) : in(limit) {}
    core::NodeId node;
    std::vector<core::NetworkId> common;
    Inbound in;
    std::set<wire::StatementKey> news;   // heads to tell
    std::set<wire::StatementKey> asked;  // to send
    bool owes_heads = false;             // all of them
    bool asks_heads = false;
    std::optional<core::TimePoint> heads_told;
    core::Bytes sending;
    std::size_t sent = 0;         // bytes of it
    std::uint64_t transfers = 0;  // begun
    core::TokenBucket serves{1, 1};
    std::optional<wire::StatementKey> pulling;
    std::uint64_t promised = 0;  // its generation, when it was asked for
    std::uint64_t trust = 0;     // generation that it told of
    std::size_t wants = 0;       // of which it is a source
    bool told_more = false;      // than there was room for
    bool late = false;           // a profile did not come in time, and may come yet
  };
  struct Source {
    LinkId link;
    std::uint64_t generation;
  };
  struct Want {
    std::vector<Source> sources;
    LinkId asked = 0;     // 0: nobody now
    core::NodeId last{};  // who was asked before
    core::TimePoint give_up{};
  };

  core::Result<void> on_heads(LinkId link, Peer& peer, core::ByteView body, core::TimePoint now);
  core::Result<void> on_pulls(Peer& peer, core::ByteView body, core::TimePoint now);
  core::Result<void> on_chunk(LinkId link, Peer& peer, core::ByteView body, core::TimePoint now);
  void note(LinkId link, Peer& peer, const wire::StatementHead& head);
  bool serve(LinkId link, Peer& peer, core::TimePoint now);
  bool tell(LinkId link, Peer& peer, core::TimePoint now);
  bool send_chunks(LinkId link, Peer& peer);
  bool begin_transfer(Peer& peer, core::TimePoint now);
  void pull(core::TimePoint now);
  bool ask(const wire::StatementKey& key, Want& want, core::TimePoint now);
  void expire(core::TimePoint now);
  void profile_missing(LinkId link);
  void tidy();
  const Source* choose(const wire::StatementKey& key, const Want& want) const;
  template <class Gone>
  void drop(Want& want, Gone gone);
  void forget(Want& want, LinkId link);
  void distrust(const core::NodeId& node, core::TimePoint now);
  void pump(core::TimePoint now);
  void arm(core::TimePoint when) { next_ = std::min(next_, when); }

  const GossipSettings settings_;
  Port& port_;
  Statements* statements_ = nullptr;
  std::map<LinkId, Peer> peers_;
  std::map<wire::StatementKey, Want> wants_;
  std::map<core::NodeId, core::TimePoint> distrusted_;  // until then nothing is pulled from it
  core::TokenBucket pulls_;
  ProfilePace pace_;
  core::TimePoint next_ = core::kNever;
  core::TimePoint round_ = core::kNever;
  LinkId round_at_ = 0;
  GossipStats stats_;
};

}  // namespace runard::mesh
