#include "transport/link.h"

#include <algorithm>

namespace runard::transport {

using core::Errc;
using wire::CloseCode;

namespace {

// What one link may send in one turn before the others have theirs.
constexpr std::size_t kTurnBytes = 256 * 1024;

// Which networks a node has nobody knows who has not seen it prove who it is.
core::Error of_a_stranger(core::Error error) {
  error.code = error.code == Errc::kNoCommonNetwork ? Errc::kLinkLost : error.code;
  return error;
}

}  // namespace

Link::Link(LinkId id, const LinkContext& context, const LocalNode& self, LinkEvents& events)
    : core_(id, context), self_(self), events_(events), requests_(core_) {}

Link::~Link() {
  if (core_.connection) {
    core_.connection.reset();
    requests_.close(core::fail(Errc::kLinkLost, "the node stops"));
  }
  port_->open = false;
}

core::Result<void> Link::dial(const ConnectionContext& connections, const Address& remote,
                              const DialPlan& plan, core::TimePoint now) {
  plan_ = plan;
  return open(connections, remote, nullptr, now);
}

core::Result<void> Link::accept(const ConnectionContext& connections, const Address& remote,
                                const Accepting& first, core::TimePoint now) {
  server_ = true;
  return open(connections, remote, &first, now);
}

core::Result<void> Link::open(const ConnectionContext& connections, const Address& remote,
                              const Accepting* first, core::TimePoint now) {
  core_.now = now;
  remote_ = remote;
  auto connection = Connection::create(connections, *this, remote, first, now);
  if (!connection) {
    state_ = State::kGone;
    return connection.error();
  }
  core_.connection = std::move(*connection);
  give_up_at_ = now + 2 * core_.context.limits.handshake_timeout;
  events_.on_own_cid(*this, core_.connection->own_cid(), true);
  return {};
}

Link::Fed Link::feed(const Datagram& datagram, core::TimePoint now) {
  core_.now = now;
  local_ = datagram.local;
  if (!core_.connection) {
    // Late packets of a closed link: the close is repeated for the 1st, 2nd, 4th, 8th ..., never
    // for one so short that the answer would serve an attack on its sender.
    ++close_asked_;
    const bool repeat = (close_asked_ & (close_asked_ - 1)) == 0;
    send_close_ = send_close_ || (repeat && close_packet_.size() <= 3 * datagram.bytes.size());
    return Fed::kOk;
  }
  switch (core_.connection->read(datagram, now)) {
    case ReadOutcome::kOk:
      return Fed::kOk;
    case ReadOutcome::kRetry:
      return Fed::kRetry;
    case ReadOutcome::kDrop:
      return Fed::kDrop;
    case ReadOutcome::kPeerClosed:
      end(CloseCode::kNormal,
          peer_ ? core_.connection->error() : of_a_stranger(core_.connection->error()), false);
      break;
    case ReadOutcome::kFailed:
      end(CloseCode::kProtocol, core_.connection->error(), true);
      break;
  }
  return Fed::kOk;
}

Stream* Link::on_peer_stream(std::int64_t id, core::ByteView& first) {
  if (is_guest()) {
    return accept_guest_stream();
  }
  const wire::Varint type = wire::get_varint(first);
  if (type.size == 0) {
    return fresh_.emplace_back(std::make_unique<FreshStream>(*this)).get();
  }
  first = first.subspan(type.size);
  return make_stream(id, type.value, type.size);
}

Stream* Link::on_stream_type(FreshStream& fresh, std::uint64_t type, std::uint64_t prefix) {
  Stream* stream = make_stream(fresh.id(), type, prefix);
  if (stream != nullptr) {
    core_.connection->replace(fresh, *stream);
  }
  return stream;
}

// Null: it was refused.
Stream* Link::make_stream(std::int64_t id, std::uint64_t type, std::uint64_t prefix) {
  const bool bidirectional = ngtcp2_is_bidi_stream(id) != 0;
  Stream* stream = nullptr;
  wire::ResetCode refusal = wire::ResetCode::kUnknown;
  if (type == static_cast<std::uint64_t>(wire::StreamType::kControl) && bidirectional && server_ &&
      control_ == nullptr) {
    control_ = std::make_unique<ControlStream>(core_, prefix);
    stream = control_.get();
  } else if (type == static_cast<std::uint64_t>(wire::StreamType::kRequest) && bidirectional) {
    stream = requests_.accept();
    refusal = wire::ResetCode::kRefused;
  } else if (type == static_cast<std::uint64_t>(wire::StreamType::kLane) && !bidirectional) {
    in_lanes_.push_back(std::make_unique<InLane>(core_, prefix));
    stream = in_lanes_.back().get();
  }
  if (stream == nullptr) {
    core_.connection->stop(id, refusal);
  }
  return stream;
}

void Link::on_reset_token(const ResetToken& token, bool valid) {
  events_.on_reset_token(*this, token, valid);
}

void Link::deliver(core::TimePoint now) {
  core_.now = now;
  if (!core_.connection) {
    return forget_streams();
  }
  const bool wanted = !close_wanted_;  // else it gets no further
  if (wanted && state_ == State::kHandshake && completed_ && (server_ || confirmed_)) {
    is_guest() ? welcome_guest() : on_proved();
  }
  if (state_ == State::kGuest) {
    return deliver_guest();
  }
  // Not earlier: an attempt that is given up before has not said hello, so the peer never took it
  // for a link.
  if (wanted && state_ == State::kGreeting && !server_ && control_ == nullptr && !open_control()) {
    return protocol_error("no control stream");
  }
  if (core_.connection && control_ != nullptr && (wanted || state_ > State::kGreeting)) {
    deliver_control();
  }
  if (!core_.connection) {
    return;
  }
  if (std::exchange(streams_available_, false)) {
    requests_.streams_available();
    for (auto& [number, lane] : out_lanes_) {
      lane->try_open();
    }
  }
  requests_.deliver();
  for (const auto& lane : in_lanes_) {
    if (!lane->deliver()) {
      return end(CloseCode::kMalformed, core::fail(Errc::kMalformedFrame, "lane"), true);
    }
  }
  std::erase_if(fresh_, [](const auto& fresh) { return fresh->over(); });
  forget_lanes();
  if (retiring_) {
    finish_drain();
  }
  if (close_wanted_ && core_.connection) {
    finish_close();
  }
}

void Link::forget_lanes() {
  std::erase_if(in_lanes_, [this](const auto& lane) {
    if (lane->over() && lane->number()) {
      core_.context.events.lane_over(core_.id, *lane->number());
    }
    return lane->over();
  });
}

void Link::forget_streams() {
  fresh_.clear();
  out_lanes_.clear();
  control_.reset();
  guest_.reset();
}

void Link::deliver_control() {
  Inbox& inbox = control_->inbox();
  while (core_.connection && state_ >= State::kGreeting) {
    if (inbox.front_size() > wire::kMaxControlFrame + wire::kMaxFrameHead) {
      return protocol_error("control frame too large");
    }
    const auto frame = inbox.front();
    if (!frame) {
      break;
    }
    const std::size_t size = frame->head.size + frame->body.size();
    take_control(*frame);
    inbox.consume(size);
  }
  if (core_.connection) {
    if (control_->over()) {
      return protocol_error("control stream ended");
    }
    control_->credit();
  }
}

void Link::take_control(const InboxFrame& frame) {
  const bool first = state_ == State::kGreeting;
  if (first != (frame.head.type == wire::kHello)) {
    return protocol_error(first ? "no hello" : "second hello");
  }
  if (first) {
    on_hello(frame.body);
  } else if (frame.head.type == wire::kDrain) {
    drained_by_peer_ = true;
  } else if (frame.head.type >= wire::kFirstOpaque && frame.head.type <= wire::kLastOpaque) {
    events_.on_control(*this, frame.head.type, frame.body);
  } else if (wire::is_critical(frame.head.type)) {
    end(CloseCode::kMalformed, core::fail(Errc::kMalformedFrame, "unknown critical frame"), true);
  }
}

void Link::go_up() {
  state_ = State::kUp;
  core_.up = true;
}

std::uint64_t Link::generation() const {
  return server_ ? peer_hello_.generation : plan_.generation;
}

bool Link::waits_for_memory() const {
  return core_.request_grants.waiting() || core_.reply_grants.waiting() ||
         core_.lane_grants.waiting();
}

void Link::serve_memory() {
  if (core_.connection) {
    core_.request_grants.serve(*core_.connection);
    core_.reply_grants.serve(*core_.connection);
    core_.lane_grants.serve(*core_.connection);
  }
}

core::Result<void> Link::send_control(std::uint64_t frame_type, core::ByteView body) {
  if (!core_.connection || state_ < State::kReady) {
    return core::fail(Errc::kLinkLost, "", core::Executed::kNo);
  }
  if (body.size() > wire::kMaxControlFrame) {
    return core::fail(Errc::kTooLarge, "control frame", core::Executed::kNo);
  }
  if (!control_->send(frame_type, body)) {
    return core::fail(Errc::kBackpressure, "control stream", core::Executed::kNo);
  }
  return {};
}

void Link::flush_lane(LaneOutbox& outbox) {
  auto& lane = out_lanes_[outbox.number()];
  if (lane == nullptr) {
    lane = std::make_unique<OutLane>(core_, outbox.shared_from_this());
  }
  lane->flush();
}

void Link::resume_lane(std::uint64_t number) {
  for (const auto& lane : in_lanes_) {
    if (lane->number() == number) {
      lane->resume();
    }
  }
}

core::TimePoint Link::expiry() const {
  if (state_ == State::kGone) {
    return core::kNever;
  }
  if (!core_.connection) {
    return gone_at_;
  }
  return std::min({core_.connection->expiry(), requests_.expiry(), give_up_at_});
}

void Link::on_expiry(core::TimePoint now) {
  core_.now = now;
  if (!core_.connection) {
    if (now >= gone_at_) {
      state_ = State::kGone;
    }
    return;
  }
  if (now >= core_.connection->expiry() && !core_.connection->on_expiry(now)) {
    return end(CloseCode::kProtocol, core_.connection->error(), !core_.connection->silent());
  }
  if (now >= requests_.expiry() && !requests_.on_expiry()) {
    return protocol_error("the stream of an answered request stays open");
  }
  if (now >= give_up_at_ && !close_wanted_) {
    end(retiring_ ? CloseCode::kDuplicate : CloseCode::kProtocol,
        retiring_                 ? core::fail(Errc::kDuplicateLink, peer_->name)
        : state_ == State::kGuest ? core::fail(Errc::kNoAnswer, "a guest's time is up")
                                  : core::fail(Errc::kNoAnswer, "no hello in time"),
        true);
  }
}

Flushed Link::flush(TrainSink& sink, std::span<std::uint8_t> space, core::TimePoint now) {
  core_.now = now;
  if (!core_.connection) {
    if (std::exchange(send_close_, false) && !close_packet_.empty()) {
      static_cast<void>(sink.send({close_packet_, close_packet_.size(), 0, remote_, local_}));
    }
    return Flushed::kAll;
  }
  // Keep-alives alone bring an idle link here often enough.
  if (now >= renew_keys_at_ && core_.connection->renew_keys(now)) {
    renew_keys_at_ = now + core_.context.limits.key_renewal;
  }
  for (std::size_t sent = 0; sent < kTurnBytes;) {
    auto train = core_.connection->write(space, now);
    if (!train) {
      end(CloseCode::kProtocol, core_.connection->error(), true);
      return flush(sink, space, now);
    }
    if (train->bytes.empty()) {
      return Flushed::kAll;
    }
    remote_ = train->remote;
    train->local = local_;
    sent += train->bytes.size();
    if (!sink.send(*train)) {
      return Flushed::kFull;
    }
  }
  return Flushed::kShare;
}

}  // namespace runard::transport
