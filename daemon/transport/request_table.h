// RequestTable: all requests of one link, both ways.
//
// Ours wait here for a free stream, in order, and end by reply, deadline, cancel or with the link.
// The peer's are handed to the Handler in deliver(), outside of ngtcp2. While those in progress or
// the replies not yet sent hold too many bytes, later ones wait: the peer's limit on streams then
// stops it.
// Owner: the link. One thread.
#pragma once

#include <boost/intrusive/list.hpp>
#include <deque>
#include <vector>

#include "transport/inbound_call.h"
#include "wire/reply.h"

namespace runard::transport {

class RequestTable {
 public:
  explicit RequestTable(LinkCore& core) : core_(core) {}

  // Ours.
  void start(OutboundCall& call);
  void cancel(OutboundCall& call);
  void streams_available();

  // The peer's. Null: the table of all links is full, or this peer has its share of it.
  InboundCall* accept();
  void answer(InboundCall& call);

  // Runs what arrived: replies to their responders, requests to the handler. A share of it: what
  // they answer at once goes out before the next share, so that the peer works on it meanwhile.
  static constexpr std::size_t kShare = 16;
  void deliver();
  bool has_undelivered() const {
    return !replies_.empty() || !changed_.empty() || (!complete_.empty() && !paused());
  }

  core::TimePoint expiry() const { return next_deadline_; }
  // False: the peer leaves the stream of a call open that was answered long ago, and with it what
  // the call holds.
  bool on_expiry();

  std::size_t open_ours() const { return open_ours_; }
  std::size_t open_theirs() const { return open_theirs_; }

  // The link is over and the connection gone: each call of ours fails, each of the peer's is
  // cancelled.
  void close(const core::Error& why);

 private:
  friend class OutboundCall;
  friend class InboundCall;
  template <class T>
  using List = boost::intrusive::list<T, boost::intrusive::constant_time_size<false>>;

  // Ours (request_table.cc).
  bool open_stream(OutboundCall& call);
  void reply_ready(OutboundCall& call);
  void deliver_reply(OutboundCall& call);
  void read_reply(OutboundCall& call);
  bool wants_again(OutboundCall& call, const wire::ReplyHeader& header);
  void send_again(OutboundCall& call);
  void answer(OutboundCall& call, const rpc::Reply& reply);
  void fail(OutboundCall& call, const core::Error& why);
  void give_up(OutboundCall& call, wire::ResetCode code, core::Errc why);
  void release(OutboundCall& call);

  // The peer's (inbound_requests.cc).
  void request_ready(InboundCall& call);
  bool paused() const;
  void deliver_request(InboundCall& call);
  void hand_over(InboundCall& call);
  void drop_given_up();
  void refuse(InboundCall& call, const core::Error& why);
  void stop(InboundCall& call, wire::ResetCode code);
  void withdraw(InboundCall& call);
  void release(InboundCall& call);
  bool reply_fits(InboundCall& call);
  core::TimePoint give_up_stuck(InboundCall& call);

  LinkCore& core_;
  List<OutboundCall> ours_;
  List<InboundCall> theirs_;
  std::deque<OutboundCall*> waiting_;  // for a stream
  std::deque<OutboundCall*> replies_;  // to deliver
  std::vector<InboundCall*> changed_;  // to look at
  std::deque<InboundCall*> complete_;  // to hand over, when not paused
  bool given_up_ = false;              // maybe one of them, by the peer
  core::TimePoint next_deadline_ = core::kNever;
  std::size_t open_ours_ = 0;
  std::size_t open_theirs_ = 0;
  std::size_t delivered_bytes_ = 0;  // of requests in progress
  std::size_t reply_bytes_ = 0;      // queued or not acknowledged
};

}  // namespace runard::transport
