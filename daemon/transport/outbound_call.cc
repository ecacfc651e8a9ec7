#include "transport/outbound_call.h"

#include "transport/close_reason.h"
#include "transport/request_table.h"

namespace runard::transport {

void OutboundCall::attach(RequestTable& table) {
  const Limits& limits = table.core_.context.limits;
  renew_stream();
  table_ = &table;
  reply_.start(wire::kReply, wire::max_message_body(limits.payload), limits.request_window);
  grant_ = {};
  sent_ = 0;
  end_sent_ = ended_ = answered_ = closed_ = to_deliver_ = stopped_ = false;
  failure_.reset();
}

bool OutboundCall::received(core::ByteView bytes, bool end) {
  LinkCore& core = table_->core_;
  core.connection->extend_connection(bytes.size());
  const MessageAssembler::State state = reply_.feed(bytes);
  ended_ = ended_ || end;
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
  SendParts parts;
  if (stopped_ || end_sent_) {
    return parts;
  }
  if (sent_ < head.size()) {
    parts.add(core::ByteView(head).subspan(sent_));
    parts.add(payload.bytes);
  } else {
    parts.add(payload.bytes.subspan(sent_ - head.size()));
  }
  parts.last = true;
  return parts;
}

void OutboundCall::sent(std::size_t bytes, bool last) {
  sent_ += bytes;
  end_sent_ = last;
}

}  // namespace runard::transport
