// Hub: all links of a node, sans-I/O: datagrams, replies and times in, datagrams and the next
// deadline out. It finds the link of a datagram, accepts and dials, keeps one link a peer, answers
// strays and carries work between links and other threads.
//
// A turn: any number of datagram(), then turn() and flush(), then deliver() and flush() while
// something is undelivered. Two links to one node compete in
// this order: newer epoch of the peer, greater generation, the lower node id's dial; the loser
// drains and closes. Generations are a Lamport clock, so a link that is dialled later on purpose
// wins. Owner: the endpoint, or a simulation. One thread, but for exchange().
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "transport/accept_gate.h"
#include "transport/cid_table.h"
#include "transport/dialer.h"
#include "transport/endpoint_events.h"
#include "transport/link.h"
#include "transport/stats.h"
#include "transport/stray_packets.h"
#include "transport/timer_heap.h"

namespace runard::transport {

struct HubOptions {
  LocalNode self;
  Limits limits;
  std::shared_ptr<const TlsContext> tls;
  ResetSecret::Bytes reset_secret{};
  Address local;  // any constant address; links are bound to it
};

// Borrowed; outlive the hub.
struct HubServices {
  const core::Clock& clock;
  core::Random& random;
  const NetworkNames& names;
  rpc::Handler& handler;
  EventSink& sink;
  EndpointEvents& events;
  core::Log log;
  GuestEvents* guests = nullptr;       // null: none are taken
  rpc::PayloadCodec* codec = nullptr;  // of private fields; null: there are none
  const RequestGate* gate = nullptr;   // before the codec; null: it opens what anybody sealed
};

class Hub final : public LinkEvents {
 public:
  Hub(HubOptions options, const HubServices& services);
  ~Hub();

  void datagram(const Datagram& datagram, core::TimePoint now);
  // Takes work from other threads, acts on deadlines and hands out a share of what arrived.
  void turn(core::TimePoint now);
  // There is more: deliver() and flush() again, best before the next datagram().
  bool has_undelivered() const { return undelivered_; }
  void deliver(core::TimePoint now);
  // There is more: another turn is due at once.
  bool has_more() const { return undelivered_ || !handshakes_.empty(); }
  Flushed flush(TrainSink& sink, core::TimePoint now);
  core::TimePoint expiry() const;
  // Closes every link, tells the peers and answers the calls in progress. No news comes of it.
  void stop(TrainSink& sink, core::TimePoint now);

  // Races the addresses. The outcome comes as dial_done(), maybe inside this call.
  DialId next_dial() { return ++last_dial_; }
  void dial(DialId id, std::vector<Address> addresses, std::optional<core::NodeId> expected);
  void close(LinkId link, const core::Error& why);
  // Errors: kLinkLost, kBackpressure, kTooLarge.
  core::Result<void> send_control(LinkId link, std::uint64_t type, core::ByteView body);
  // A lane that the sink left standing goes on.
  void resume(LinkId link, std::uint64_t lane);
  void send_guest(LinkId guest, std::uint64_t type, core::ByteView body);
  // `welcome`: it was no failed attempt.
  void close_guest(LinkId guest, bool welcome);
  void keep_guest(LinkId guest, core::TimePoint until);
  // For links that are not proved yet.
  void set_tls(std::shared_ptr<const TlsContext> tls) { connections_.tls = std::move(tls); }
  // Judges the peers of live links again: closes each that would not be let in any more, and says
  // which and why. After set_tls(), by which handshakes that are not done yet are judged when they
  // are. A link that drains, which takes limits.drain_grace at most, is judged by the certificate
  // of the one in its place. `from` and `count`: links looked at, for calls in parts.
  struct Refused {
    LinkId link = 0;
    core::NodeId node;
    core::Error why;
  };
  std::vector<Refused> recheck(const PeerVerifier& verify, std::size_t from, std::size_t count);
  std::size_t slots() const { return slots_.size(); }
  void set_addresses(std::vector<std::string> addresses) { self_.addresses = std::move(addresses); }

  const std::shared_ptr<Exchange>& exchange() const { return exchange_; }
  Stats stats() const;
  std::optional<Connection::Info> info(LinkId link) const;

 private:
  struct Slot {
    std::unique_ptr<Link> link;
    std::uint32_t generation = 1;
    bool dirty = false;
    bool half_open = false;  // counted in the gate
    bool announced = false;  // link_up() was told
    bool proved = false;     // counted as a handshake
    bool stranger = false;   // accepted, and not proved yet; a guest stays one
    bool guest = false;      // guest_came() was told
    Address source;
  };
  struct Stray {
    core::Bytes bytes;
    Address remote;
    Address local;
  };
  struct Waiting {  // a handshake packet
    core::Bytes bytes;
    Datagram datagram;
  };

  // LinkEvents (hub_peers.cc).
  void on_own_cid(Link& link, const Cid& cid, bool valid) override;
  void on_reset_token(Link& link, const ResetToken& token, bool valid) override;
  core::Result<PeerIdentity> judge(const TlsSession& session) const override;
  core::Result<void> has_room(const Link& fresh) const override;
  void on_ready(Link& link) override;
  void on_control(Link& link, std::uint64_t frame_type, core::ByteView body) override;
  void on_down(Link& link, const core::Error& why) override;
  // hub_guests.cc
  bool on_guest(Link& link, const GuestInfo& info) override;
  void on_guest_frame(Link& link, const GuestFrame& frame) override;

  // hub.cc
  static std::uint32_t index_of(LinkId id) { return static_cast<std::uint32_t>(id) - 1; }
  Slot* slot(LinkId id);
  Link* link(LinkId id);
  Slot* open_slot();
  void touch(LinkId id);
  void after_deliver(Slot& slot);
  void settle(Slot& slot);
  void forget(Slot& slot);
  void uncount(const Slot& slot);
  void take_mail();
  void close_exchange();
  void take_letter(Letter& letter);
  void take_timers(core::TimePoint now);
  void serve_memory();

  // hub_peers.cc
  void announce(Link& link);
  bool better(Link& fresh, Link& old) const;
  Link& proof_of(Link& checked);
  void count_refusal(core::Errc code);
  void tell_refusal(const Link& link, const core::Error& why) const;

  // hub_dials.cc
  void dial_next(core::TimePoint now);
  void start_attempt(const Dialer::Attempt& attempt, core::TimePoint now);
  void end_dial(const std::optional<Dialer::Ended>& ended, const core::Result<LinkId>& outcome);

  // hub_datagrams.cc
  bool welcome(const Datagram& datagram, core::TimePoint now);
  void route(const Datagram& datagram, core::TimePoint now);
  void feed(Link& link, const Datagram& datagram, core::TimePoint now);
  void unknown(const Datagram& datagram, const ngtcp2_version_cid& ids, core::TimePoint now);
  void accept(const Datagram& datagram, core::TimePoint now);
  void open_accepted(const Datagram& datagram, const ngtcp2_pkt_hd& head,
                     std::optional<Cid> original, core::TimePoint now);
  void answer_stray(core::Bytes bytes, const Datagram& to);

  Limits limits_;
  LocalNode self_;
  ResetSecret reset_secret_;
  const HubServices services_;
  std::shared_ptr<Exchange> exchange_;
  ConnectionContext connections_;
  LinkContext context_;
  CidTable cids_;
  TokenTable tokens_;
  AcceptGate gate_;
  SourceRates guest_attempts_;
  StrayPackets strays_;
  Dialer dialer_;
  TimerHeap timers_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<LinkId> dirty_;
  std::unordered_map<core::NodeId, LinkId> by_node_;
  std::deque<Waiting> handshakes_;
  std::vector<Stray> outgoing_;
  std::vector<std::uint8_t> space_;
  std::uint64_t lamport_ = 0;  // of link generations
  DialId last_dial_ = 0;
  std::size_t in_use_ = 0;
  std::size_t strangers_ = 0;  // of those in use
  std::size_t attempts_ = 0;   // of those in use: dialled, and not proved yet
  core::TimePoint now_{};
  core::TokenBucket flood_news_{1, 0.1};
  bool memory_wanted_ = false;
  bool undelivered_ = false;
  Letter* unread_ = nullptr;  // and, when those are taken:
  std::vector<core::Task> tasks_;
  bool stopping_ = false;
  Stats stats_;
};

}  // namespace runard::transport
