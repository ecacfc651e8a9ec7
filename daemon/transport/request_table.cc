#include "transport/request_table.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "transport/exchange.h"
#include "transport/sealed_payloads.h"

namespace runard::transport {

using core::Errc;
using core::Executed;

void RequestTable::start(OutboundCall& call) {
  call.attach(*this);
  call.repeated_ = false;
  ours_.push_back(call);
  ++open_ours_;
  next_deadline_ = std::min(next_deadline_, call.deadline);
  if (!waiting_.empty() || !open_stream(call)) {
    waiting_.push_back(&call);
  }
}

bool RequestTable::open_stream(OutboundCall& call) {
  if (!core_.connection->open_bidi(call)) {
    return false;
  }
  core_.scheduler.ready(call);
  return true;
}

void RequestTable::streams_available() {
  while (!waiting_.empty() && open_stream(*waiting_.front())) {
    waiting_.pop_front();
  }
}

void RequestTable::reply_ready(OutboundCall& call) {
  if (!call.to_deliver_) {
    call.to_deliver_ = true;
    replies_.push_back(&call);
  }
}

void RequestTable::deliver_reply(OutboundCall& call) {
  call.to_deliver_ = false;
  if (call.answered_) {
    return release(call);
  }
  if (call.again_) {
    return call.closed_ ? send_again(call) : void();
  }
  if (call.failure_) {
    return fail(call, *call.failure_);
  }
  switch (call.reply_.state()) {
    case MessageAssembler::State::kComplete:
      return read_reply(call);
    case MessageAssembler::State::kTooLarge:
      core_.connection->stop(call.id(), wire::ResetCode::kTooLarge);
      return fail(call, core::fail(Errc::kTooLarge, "the reply", Executed::kYes));
    case MessageAssembler::State::kMalformed:
      break;
    case MessageAssembler::State::kPartial:
      if (!call.ended_ && !call.closed_) {
        return;
      }
  }
  if (!call.closed_) {
    core_.connection->stop(call.id(), wire::ResetCode::kMalformed);
  }
  fail(call, core::fail(Errc::kMalformedFrame, "the reply"));
}

void RequestTable::read_reply(OutboundCall& call) {
  core_.reply_grants.end(call, call.grant_);
  core_.reply_grants.serve(*core_.connection);
  if (!call.end_sent_ && !call.stopped_ && !call.closed_) {
    call.stopped_ = true;  // answered before it was sent whole
    core_.scheduler.remove(call);
    core_.connection->stop_write(call, wire::ResetCode::kNotNeeded);
  }
  const auto parts = wire::split_message(call.reply_.body());
  const auto header =
      parts ? wire::get_reply(parts->header) : core::Result<wire::ReplyHeader>(parts.error());
  if (!header) {
    return fail(call, core::fail(Errc::kMalformedFrame, "the reply"));
  }
  if (wants_again(call, *header)) {
    return call.closed_ ? send_again(call) : void();
  }
  rpc::Payload payload{parts->payload, call.reply_.owner(), header->encoding, header->type};
  if (header->encoding == rpc::Encoding::kSealed) {
    auto opened = open_reply(core_, call.head, payload);
    if (!opened) {
      core::Error why = opened.error();
      why.executed = header->executed;
      return fail(call, why);
    }
    payload = std::move(*opened);
  }
  answer(call, {header->code, header->app_code, header->executed, header->message,
                std::move(payload), core_.peer});
  call.reply_.clear();
  release(call);
}

// The peer has no key that the request's payload only names, and did nothing. Once: in full it
// can't be said again.
bool RequestTable::wants_again(OutboundCall& call, const wire::ReplyHeader& header) {
  if (header.code != Errc::kKekUnknown || header.executed != Executed::kNo || call.repeated_ ||
      core_.context.codec == nullptr) {
    return false;
  }
  call.again_ = call.repeated_ = true;
  return true;
}

// Its stream is over: ngtcp2 has no more pointers to its bytes.
void RequestTable::send_again(OutboundCall& call) {
  const std::size_t before = call.size();
  const auto written = write_in_full(core_, call);
  core_.context.exchange.change_request(*call.port, before, call.size());
  if (!written) {
    return fail(call, written.error());
  }
  core_.scheduler.remove(call);
  call.reply_.clear();
  call.attach(*this);
  if (!waiting_.empty() || !open_stream(call)) {
    waiting_.push_back(&call);
  }
}

void RequestTable::answer(OutboundCall& call, const rpc::Reply& reply) {
  RUNARD_CHECK(!call.answered_);
  call.answered_ = true;
  call.over_by_ = core_.now + core_.context.limits.message_timeout;
  next_deadline_ = std::min(next_deadline_, call.over_by_);
  RUNARD_CHECK(core_.context.exchange.ours().claim(call.slot) != nullptr);
  call.responder(reply);
}

void RequestTable::fail(OutboundCall& call, const core::Error& why) {
  answer(call, rpc::Reply::failure(why));
  release(call);
}

void RequestTable::release(OutboundCall& call) {
  const bool forgotten = call.closed_ || !call.started();
  if (!call.answered_ || !forgotten || call.to_deliver_) {
    return;
  }
  if (!call.started()) {
    std::erase(waiting_, &call);
  }
  core_.scheduler.remove(call);
  core_.reply_grants.end(call, call.grant_);
  if (core_.connection) {
    core_.reply_grants.serve(*core_.connection);
  }
  call.reply_.clear();
  call.unlink();
  --open_ours_;
  free_call(core_.context.exchange, call);
}

void RequestTable::give_up(OutboundCall& call, wire::ResetCode code, Errc why) {
  if (call.started() && !call.closed_) {
    call.stopped_ = true;
    core_.scheduler.remove(call);
    core_.connection->stop(call.id(), code);
  }
  fail(call, core::fail(why, "", call.any_sent() ? Executed::kUnknown : Executed::kNo));
}

void RequestTable::cancel(OutboundCall& call) {
  if (!call.answered_) {
    give_up(call, wire::ResetCode::kCancelled, Errc::kCancelled);
  }
}

bool RequestTable::on_expiry() {
  next_deadline_ = core::kNever;
  bool in_time = true;
  for (auto at = ours_.begin(); at != ours_.end();) {
    OutboundCall& call = *at++;  // may be freed below
    if (call.answered_) {
      in_time = in_time && (call.closed_ || core_.now < call.over_by_);
      next_deadline_ = std::min(next_deadline_, call.over_by_);
    } else if (call.deadline <= core_.now) {
      give_up(call, wire::ResetCode::kDeadline, Errc::kDeadlineExceeded);
    } else {
      next_deadline_ = std::min(next_deadline_, call.deadline);
    }
  }
  for (auto at = theirs_.begin(); at != theirs_.end();) {
    InboundCall& call = *at++;
    next_deadline_ = std::min(next_deadline_, give_up_stuck(call));
  }
  return in_time;
}

void RequestTable::deliver() {
  std::size_t share = kShare;
  for (; !replies_.empty() && share > 0; --share) {
    OutboundCall* call = replies_.front();
    replies_.pop_front();
    deliver_reply(*call);
  }
  std::vector<InboundCall*> changed;
  changed.swap(changed_);
  for (InboundCall* call : changed) {
    deliver_request(*call);
  }
  changed.clear();
  if (changed_.empty()) {
    changed_.swap(changed);  // keeps its memory
  }
  if (std::exchange(given_up_, false)) {
    drop_given_up();
  }
  for (; !complete_.empty() && !paused() && share > 0; --share) {
    InboundCall* call = complete_.front();
    complete_.pop_front();
    hand_over(*call);
  }
}

void RequestTable::close(const core::Error& why) {
  core::Error lost = why;
  lost.code = Errc::kProviderLost;
  while (!ours_.empty()) {
    OutboundCall& call = ours_.front();
    call.to_deliver_ = false;
    call.closed_ = true;
    if (call.answered_) {
      release(call);
      continue;
    }
    lost.executed = call.any_sent() ? Executed::kUnknown : Executed::kNo;
    fail(call, lost);
  }
  waiting_.clear();
  replies_.clear();
  changed_.clear();
  complete_.clear();
  while (!theirs_.empty()) {
    InboundCall& call = theirs_.front();
    call.to_deliver_ = false;
    call.closed_ = true;
    withdraw(call);
    release(call);
    if (call.is_linked()) {
      call.unlink();  // its reply is on the way, and finds no link
      --open_theirs_;
    }
  }
}

}  // namespace runard::transport
