// The peer's half of RequestTable.
#include <algorithm>

#include "transport/exchange.h"
#include "transport/held_body.h"
#include "transport/request_table.h"
#include "transport/sealed_payloads.h"
#include "wire/request.h"

namespace runard::transport {

using core::Errc;
using core::Executed;

InboundCall* RequestTable::accept() {
  // ngtcp2 counts streams; a call may outlive its own.
  if (open_theirs_ >= core_.context.limits.request_streams) {
    return nullptr;
  }
  auto& table = core_.context.exchange.theirs();
  const auto opened = table.open();
  if (opened.value == nullptr) {
    return nullptr;
  }
  InboundCall& call = *opened.value;
  call.slot = opened.id;
  call.link = core_.id;
  table.publish(opened.id);
  call.attach(*this);
  theirs_.push_back(call);
  ++open_theirs_;
  next_deadline_ = std::min(next_deadline_, core_.now + core_.context.limits.message_timeout);
  return &call;
}

void RequestTable::request_ready(InboundCall& call) {
  if (!call.to_deliver_) {
    call.to_deliver_ = true;
    changed_.push_back(&call);
  } else {
    given_up_ = given_up_ || call.cancelled_ || call.closed_;
  }
}

// Those that wait for their turn and are not wanted any more would keep their places all the while.
void RequestTable::drop_given_up() {
  std::erase_if(complete_, [this](InboundCall* call) {
    const bool gone = call->cancelled_ || call->closed_;
    if (gone) {
      hand_over(*call);
    }
    return gone;
  });
}

// Too much is in progress already.
bool RequestTable::paused() const {
  const Limits& limits = core_.context.limits;
  return !core_.up || delivered_bytes_ >= limits.reply_pause ||
         reply_bytes_ >= limits.reply_pause ||
         (reply_bytes_ > limits.own_memory / 4 && core_.context.memory.outgoing.scarce());
}

void RequestTable::deliver_request(InboundCall& call) {
  call.to_deliver_ = false;
  if (call.cancelled_ || (call.closed_ && !call.replying_)) {
    withdraw(call);
  }
  if (call.handed_over_ || call.claimed_ || call.closed_) {
    return release(call);
  }
  switch (call.request_.state()) {
    case MessageAssembler::State::kComplete:
      call.to_deliver_ = true;
      complete_.push_back(&call);
      return;
    case MessageAssembler::State::kTooLarge:
      return refuse(call, core::fail(Errc::kTooLarge, "the request", Executed::kNo));
    case MessageAssembler::State::kMalformed:
    case MessageAssembler::State::kPartial:  // it ended too early
      return stop(call, wire::ResetCode::kMalformed);
  }
}

void RequestTable::hand_over(InboundCall& call) {
  call.to_deliver_ = false;
  if (call.cancelled_ || call.closed_ || call.claimed_) {
    withdraw(call);
    return release(call);
  }
  core_.request_grants.end(call, call.grant_);
  wire::MetaList meta;
  const auto parts = wire::split_message(call.request_.body());
  const auto header = parts ? wire::get_request(parts->header, meta)
                            : core::Result<wire::RequestHeader>(parts.error());
  if (!header) {
    return stop(call, wire::ResetCode::kMalformed);
  }
  const std::string_view network = core_.context.names.name(header->network);
  const bool common = std::find(core_.networks.begin(), core_.networks.end(), header->network) !=
                      core_.networks.end();
  if (network.empty() || !common) {
    return refuse(call, core::fail(Errc::kNoCommonNetwork, "", Executed::kNo));
  }
  const core::TimePoint deadline = wire::deadline_after(header->remaining_us, call.arrived_);
  if (deadline <= core_.now) {
    return refuse(call, core::fail(Errc::kDeadlineExceeded, "", Executed::kNo));
  }
  rpc::PayloadCodec* const codec = core_.context.codec;
  if (!header->profile.is_zero() &&
      (codec == nullptr || !codec->acts_for(core_.peer, header->profile))) {
    return refuse(call, core::fail(Errc::kRecipientNotAuthorised, "", Executed::kNo));
  }
  rpc::Payload payload{parts->payload, call.request_.owner(), header->encoding, header->type};
  if (header->encoding == rpc::Encoding::kSealed) {
    auto opened = open_request(codec, core_, *header, payload);
    if (!opened) {
      return refuse(call, opened.error());
    }
    payload = std::move(*opened);
  }
  if (payload.bytes.size() > core_.context.limits.request_window) {
    payload.owner = hold_body(core_.context.exchange.shared_memory(), std::move(payload.owner));
  }
  core_.request_grants.serve(*core_.connection);
  call.peer = core_.peer;
  call.peer_opens = core_.opens_sealed;
  call.handed_over_ = true;
  call.delivered_ = call.request_.owner().size();
  delivered_bytes_ += call.delivered_;

  rpc::Request request;
  request.network = network;
  request.path = header->path;
  request.payload = std::move(payload);
  request.meta = meta.view();
  request.deadline = deadline;
  request.trace = header->trace;
  request.flags =
      rpc::kInbound | ((header->bits & wire::kIdempotentBit) != 0 ? rpc::kIdempotent : 0U);
  request.depth = header->depth;
  request.caller = {core_.peer, header->service, {}, header->profile};
  const rpc::Responder responder{&core_.context.exchange, {call.slot, 0, 0}};
  call.ticket_ = core_.context.handler.call(request, responder);
}

// An answer of the transport's own. The slot is claimed so that it stays the only one.
void RequestTable::refuse(InboundCall& call, const core::Error& why) {
  if (core_.context.exchange.theirs().claim(call.slot) == nullptr) {
    return;
  }
  call.claimed_ = true;
  encode_reply(rpc::Reply::failure(why), core_.context.limits.payload, call);
  answer(call);
}

void RequestTable::stop(InboundCall& call, wire::ResetCode code) {
  if (!call.closed_) {
    core_.connection->stop(call.id(), code);
  }
  withdraw(call);
  release(call);
}

// Nobody waits for the answer any more.
void RequestTable::withdraw(InboundCall& call) {
  if (call.claimed_ || call.replying_) {
    return;
  }
  if (call.handed_over_ && !call.withdrawn_) {
    call.withdrawn_ = true;
    core_.context.handler.cancel(call.ticket_);
  }
  if (core_.context.exchange.theirs().claim(call.slot) != nullptr) {
    call.claimed_ = true;
    delivered_bytes_ -= call.delivered_;
    call.delivered_ = 0;
  }
  if (!call.closed_ && core_.connection) {
    core_.connection->stop(call.id(), wire::ResetCode::kCancelled);
  }
}

void RequestTable::answer(InboundCall& call) {
  delivered_bytes_ -= call.delivered_;
  call.delivered_ = 0;
  call.request_.clear();
  call.replying_ = true;
  if (call.closed_ || call.end_sent_) {
    return release(call);
  }
  if (!reply_fits(call)) {
    encode_reply(rpc::Reply::failure(core::fail(Errc::kOverloaded, "replies", Executed::kYes)),
                 core_.context.limits.payload, call);
  }
  if (!call.ended_) {
    core_.connection->stop_read(call, wire::ResetCode::kNotNeeded);
  }
  call.counted_ = call.reply_size();
  reply_bytes_ += call.counted_;
  call.moved_ = core_.now;
  next_deadline_ = std::min(next_deadline_, core_.now + core_.context.limits.message_timeout);
  core_.scheduler.ready(call);
}

// Up to own_memory the link has room of its own; beyond, it is what all links share.
bool RequestTable::reply_fits(InboundCall& call) {
  const Limits& limits = core_.context.limits;
  const std::size_t total = reply_bytes_ + call.reply_size();
  const std::uint64_t borrowed =
      std::min<std::uint64_t>(limits.shared_part(total), call.reply_size());
  if (reply_bytes_ > 0 && total > limits.reply_bytes) {
    return false;
  }
  if (borrowed > 0 && !core_.context.memory.outgoing.take(borrowed, limits.is_much(total))) {
    return false;
  }
  call.borrowed_ = borrowed;
  return true;
}

// A message of the peer's that does not come to its end, or a reply that it does not read, is given
// up. When that will be so again, if nothing moves.
core::TimePoint RequestTable::give_up_stuck(InboundCall& call) {
  const bool replying = call.replying_ && !call.end_sent_;
  const bool arriving = !call.handed_over_ && !call.claimed_ &&
                        call.request_.state() == MessageAssembler::State::kPartial;
  if (call.closed_ || (!replying && !arriving)) {
    return core::kNever;
  }
  const core::TimePoint latest =
      (replying ? call.moved_ : call.arrived_) + core_.context.limits.message_timeout;
  if (latest > core_.now) {
    return latest;
  }
  if (replying) {
    call.end_sent_ = true;
    core_.scheduler.remove(call);
  }
  stop(call, wire::ResetCode::kDeadline);
  return core::kNever;
}

void RequestTable::release(InboundCall& call) {
  if (!call.closed_ || (!call.replying_ && !call.claimed_) || call.to_deliver_) {
    return;
  }
  core_.scheduler.remove(call);
  core_.request_grants.end(call, call.grant_);
  if (core_.connection) {
    core_.request_grants.serve(*core_.connection);
  }
  reply_bytes_ -= call.counted_;
  core_.context.memory.outgoing.give(call.borrowed_);
  call.counted_ = call.borrowed_ = 0;
  call.unlink();
  --open_theirs_;
  free_call(core_.context.exchange, call);
}

}  // namespace runard::transport
