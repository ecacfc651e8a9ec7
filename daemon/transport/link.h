// Link: one connection to one peer, from the first packet to the last: handshake, hello, requests,
// events, control frames, drain and close. Sans-I/O: datagrams and times in, datagrams and the next
// deadline out.
//
// States: handshake -> greeting (both certificates are verified, hellos are on the way) -> ready
// (the hellos fit; its owner decides) -> up -> closing (only answers late packets) -> gone. A
// dialler is past the handshake only when it is confirmed: before, the acceptor may still refuse
// its certificate. Identity is the certificate's, never a message's.
// A guest (guest_events.h) goes from handshake to guest and no further: it has one stream of frames
// and nothing else that links have.
//
// Errors end the link: LinkEvents::on_down says why. Its owner may destroy a link that is gone, and
// any link outside of its functions. Owner: the hub. One thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "transport/control_stream.h"
#include "transport/fresh_stream.h"
#include "transport/guest_events.h"
#include "transport/lane.h"
#include "transport/local_node.h"
#include "transport/request_table.h"
#include "wire/hello.h"

namespace runard::transport {

class Link;

// What a link tells the hub. on_own_cid() and on_reset_token() come from inside ngtcp2.
class LinkEvents {
 public:
  virtual void on_own_cid(Link& link, const Cid& cid, bool valid) = 0;
  virtual void on_reset_token(Link& link, const ResetToken& token, bool valid) = 0;
  // Who the peer is by the rules of now: the session's own are as old as its first packet.
  virtual core::Result<PeerIdentity> judge(const TlsSession& session) const = 0;
  // For its peer, just proved. Errors: kDuplicateLink, kOverloaded.
  virtual core::Result<void> has_room(const Link& link) const = 0;
  virtual void on_ready(Link& link) = 0;  // decide: go_up() or retire()
  virtual void on_control(Link& link, std::uint64_t frame_type, core::ByteView body) = 0;
  virtual void on_down(Link& link, const core::Error& why) = 0;
  // False: no guest is taken now.
  virtual bool on_guest(Link& link, const GuestInfo& info) = 0;
  virtual void on_guest_frame(Link& link, const GuestFrame& frame) = 0;

 protected:
  ~LinkEvents() = default;
};

// Where datagrams go. False: full, the rest has to wait.
class TrainSink {
 public:
  virtual bool send(const Train& train) = 0;

 protected:
  ~TrainSink() = default;
};

enum class Flushed : std::uint8_t {
  kAll,
  kShare,  // there is more, but others have their turn first
  kFull,   // the sink took no more
};

struct DialPlan {
  std::optional<core::NodeId> expected;  // nobody else will do
  std::uint64_t generation = 1;
};

class Link final : public ConnectionOwner, public FreshStreamOwner {
 public:
  enum class State : std::uint8_t { kHandshake, kGuest, kGreeting, kReady, kUp, kClosing, kGone };
  enum class Fed : std::uint8_t { kOk, kRetry, kDrop };

  Link(LinkId id, const LinkContext& context, const LocalNode& self, LinkEvents& events);
  ~Link() override;
  core::Result<void> dial(const ConnectionContext& connections, const Address& remote,
                          const DialPlan& plan, core::TimePoint now);
  core::Result<void> accept(const ConnectionContext& connections, const Address& remote,
                            const Accepting& first, core::TimePoint now);

  // kRetry and kDrop only from an acceptor's first packet; the link is then of no use.
  Fed feed(const Datagram& datagram, core::TimePoint now);
  // The peer's stateless reset arrived.
  void on_reset(core::TimePoint now);
  // Runs handlers and events for what arrived, or a share of it. Outside of all other functions
  // here.
  void deliver(core::TimePoint now);
  bool has_undelivered() const { return requests_.has_undelivered(); }
  Flushed flush(TrainSink& sink, std::span<std::uint8_t> space, core::TimePoint now);
  core::TimePoint expiry() const;
  void on_expiry(core::TimePoint now);

  // The hub's decisions on a ready link.
  void go_up();
  void retire();  // another link to the same node is better
  // After the next deliver(), since handlers may ask for it in the midst of one, and when the peer
  // has the control frames that were queued before, or Limits::close_grace passed.
  void close(wire::CloseCode code, core::Error why);
  // At once, for a node that stops. Not from inside the other functions.
  void stop(const core::Error& why);

  // With work from the exchange.
  void start(OutboundCall& call) { requests_.start(call); }
  void answer(InboundCall& call) { requests_.answer(call); }
  void cancel(OutboundCall& call) { requests_.cancel(call); }
  void flush_lane(LaneOutbox& outbox);
  // Errors: kBackpressure, kLinkLost.
  core::Result<void> send_control(std::uint64_t frame_type, core::ByteView body);
  void resume_lane(std::uint64_t number);

  // For guests.
  void send_guest(std::uint64_t frame_type, core::ByteView body);
  void keep_guest(core::TimePoint until) { give_up_at_ = until; }

  LinkId id() const { return core_.id; }
  State state() const { return state_; }
  bool alive() const { return state_ < State::kClosing; }
  bool is_server() const { return server_; }
  bool retiring() const { return retiring_; }
  const Address& remote() const { return remote_; }
  // With which this node proved itself here.
  const TlsContext* own_tls() const {
    return core_.connection ? core_.connection->tls().context() : nullptr;
  }
  // From greeting on.
  const PeerIdentity& peer() const { return *peer_; }
  bool peer_known() const { return peer_.has_value(); }
  // From ready on.
  const wire::Hello& peer_hello() const { return peer_hello_; }
  const std::vector<core::NetworkId>& networks() const { return core_.networks; }
  std::uint64_t generation() const;
  const std::shared_ptr<LinkPort>& port() const { return port_; }
  std::size_t open_requests() const { return requests_.open_ours() + requests_.open_theirs(); }
  // Some message waits for memory that other links hold; serve_memory() tries again.
  bool waits_for_memory() const;
  void serve_memory();
  Connection::Info info() const {
    return core_.connection ? core_.connection->info() : Connection::Info{};
  }
  std::size_t handshakes() const { return handshakes_; }
  // Whether the peer would be let in by these rules too, with all the networks of this link.
  // `proof`: this link or a later one of the same peer, by whose certificate it is judged.
  core::Result<void> recheck(const PeerVerifier& verify, const Link& proof) const;

 private:
  // ConnectionOwner, inside ngtcp2.
  SendScheduler& scheduler() override { return core_.scheduler; }
  Stream* on_peer_stream(std::int64_t id, core::ByteView& first) override;
  void on_streams_available() override { streams_available_ = true; }
  void on_handshake_completed() override { completed_ = true; }
  void on_handshake_confirmed() override { confirmed_ = true; }
  void on_own_cid(const Cid& cid, bool valid) override { events_.on_own_cid(*this, cid, valid); }
  void on_reset_token(const ResetToken& token, bool valid) override;
  Stream* on_stream_type(FreshStream& fresh, std::uint64_t type, std::uint64_t prefix) override;
  Stream* make_stream(std::int64_t id, std::uint64_t type, std::uint64_t prefix);

  core::Result<void> open(const ConnectionContext& connections, const Address& remote,
                          const Accepting* first, core::TimePoint now);
  void deliver_control();
  void take_control(const InboxFrame& frame);
  void forget_streams();
  void forget_lanes();

  // link_greeting.cc
  void on_proved();
  bool open_control();
  bool say_hello();
  void on_hello(core::ByteView body);

  // link_guest.cc
  bool is_guest() const {
    return core_.connection->tls().protocol() == TlsSession::Protocol::kGuest;
  }
  void welcome_guest();
  Stream* accept_guest_stream();
  void deliver_guest();

  // link_ending.cc
  void finish_drain();
  void finish_close();
  void end(wire::CloseCode code, core::Error why, bool tell_peer);
  void protocol_error(const char* what);

  LinkCore core_;
  const LocalNode& self_;
  LinkEvents& events_;
  RequestTable requests_;
  std::shared_ptr<LinkPort> port_ = std::make_shared<LinkPort>();
  State state_ = State::kHandshake;
  bool server_ = false;
  Address remote_;
  Address local_;
  DialPlan plan_;
  std::optional<PeerIdentity> peer_;
  wire::Hello peer_hello_;

  std::unique_ptr<ControlStream> control_;
  std::unique_ptr<GuestStream> guest_;
  bool guest_strayed_ = false;  // it opened a second stream
  std::vector<std::unique_ptr<FreshStream>> fresh_;
  std::map<std::uint64_t, std::unique_ptr<OutLane>> out_lanes_;
  std::vector<std::unique_ptr<InLane>> in_lanes_;

  bool completed_ = false;  // set by callbacks, acted upon in deliver()
  bool confirmed_ = false;
  bool streams_available_ = false;
  bool hello_sent_ = false;
  std::size_t handshakes_ = 0;

  bool retiring_ = false;
  bool drain_sent_ = false;
  bool drained_by_peer_ = false;
  core::TimePoint give_up_at_ = core::kNever;  // greeting, or drain
  core::TimePoint renew_keys_at_ = core::kNever;
  core::TimePoint gone_at_ = core::kNever;  // closing
  core::Bytes close_packet_;
  bool send_close_ = false;
  std::optional<std::pair<wire::CloseCode, core::Error>> close_wanted_;
  std::uint64_t close_asked_ = 0;  // packets since the close
};

}  // namespace runard::transport
