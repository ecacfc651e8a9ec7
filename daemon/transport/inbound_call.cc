#include "transport/inbound_call.h"

#include "transport/request_table.h"

namespace runard::transport {

void InboundCall::attach(RequestTable& table) {
  const Limits& limits = table.core_.context.limits;
  renew_stream();
  table_ = &table;
  request_.start(wire::kRequest, wire::max_message_body(limits.payload), limits.request_window);
  grant_ = {};
  arrived_ = table.core_.now;
  ticket_ = 0;
  delivered_ = sent_ = counted_ = borrowed_ = 0;
  replying_ = end_sent_ = handed_over_ = claimed_ = withdrawn_ = cancelled_ = false;
  ended_ = closed_ = to_deliver_ = false;
}

bool InboundCall::received(core::ByteView bytes, bool end) {
  LinkCore& core = table_->core_;
  ended_ = ended_ || end;
  if (handed_over_ || claimed_) {
    return true;  // what follows the request is of no interest
  }
  const MessageAssembler::State state = request_.feed(bytes);
  // The stream's type came before what the assembler saw.
  const std::uint64_t needed = request_.needed() + 1;
  if (state != MessageAssembler::State::kPartial || end) {
    table_->request_ready(*this);
  } else if (needed > core.context.limits.request_window) {
    core.request_grants.want(*core.connection, *this, grant_, needed,
                             core.context.limits.request_window);
  }
  return true;
}

void InboundCall::peer_reset(std::uint64_t) {
  ended_ = true;
  cancelled_ = !replying_;
  table_->request_ready(*this);
}

void InboundCall::peer_stopped(std::uint64_t) {
  table_->core_.scheduler.remove(*this);
  cancelled_ = !end_sent_;
  end_sent_ = true;
  table_->request_ready(*this);
}

void InboundCall::closed() {
  closed_ = true;
  table_->request_ready(*this);
}

SendParts InboundCall::pending() const {
  return !replying_ || end_sent_ ? SendParts{} : SendParts::rest_of(head, payload.bytes, sent_);
}

void InboundCall::sent(std::size_t bytes, bool last) {
  sent_ += bytes;
  end_sent_ = last;
  moved_ = table_->core_.now;
}

}  // namespace runard::transport
