#include "transport/outbound_call.h"

#include "transport/close_reason.h"
#include "transport/request_table.h"

namespace runard::transport {
namespace {

// Up to here a payload is copied beside its header: one piece of memory, one piece to send.
constexpr std::size_t kInlinePayload = 1024;

}  // namespace

core::Result<void> OutboundCall::write(const wire::RequestHeader& header,
                                       std::span<const rpc::Pair> meta, const rpc::Payload& sent) {
  const core::ByteView bytes = sent.bytes;
  head.clear();
  head.push_back(static_cast<std::uint8_t>(wire::StreamType::kRequest));
  if (auto put = wire::put_request(header, meta, bytes.size(), head); !put) {
    return put;
  }
  if (bytes.size() <= kInlinePayload) {
    head.insert(head.end(), bytes.begin(), bytes.end());
    payload = {};
  } else {
    payload = sent.keep();
  }
  return {};
}

void OutboundCall::attach(RequestTable& table) {
  const Limits& limits = table.core_.context.limits;
  renew_stream();
  table_ = &table;
  reply_.start(wire::kReply, wire::max_message_body(limits.payload), limits.request_window);
  grant_ = {};
  sent_ = 0;
  end_sent_ = ended_ = answered_ = closed_ = to_deliver_ = stopped_ = again_ = false;
  failure_.reset();
}

bool OutboundCall::received(core::ByteView bytes, bool end) {
  LinkCore& core = table_->core_;
  ended_ = ended_ || end;
  if (answered_) {
    return true;  // what follows the reply is of no interest
  }
  const MessageAssembler::State state = reply_.feed(bytes);
  if (state != MessageAssembler::State::kPartial || end) {
    table_->reply_ready(*this);
  } else if (reply_.needed() > core.context.limits.request_window) {
    core.reply_grants.want(*core.connection, *this, grant_, reply_.needed(),
                           core.context.limits.request_window);
  }
  return true;
}

void OutboundCall::peer_reset(std::uint64_t code) {
  if (reply_.state() != MessageAssembler::State::kComplete) {
    failure_ = reset_error(code);
  }
  table_->reply_ready(*this);
}

void OutboundCall::peer_stopped(std::uint64_t) {
  stopped_ = true;  // the reply may still come: it says why
  table_->core_.scheduler.remove(*this);
}

void OutboundCall::closed() {
  closed_ = true;
  table_->reply_ready(*this);
}

SendParts OutboundCall::pending() const {
  return stopped_ || end_sent_ ? SendParts{} : SendParts::rest_of(head, payload.bytes, sent_);
}

void OutboundCall::sent(std::size_t bytes, bool last) {
  sent_ += bytes;
  end_sent_ = last;
}

}  // namespace runard::transport
