#include "transport/exchange.h"

#include "transport/lane_outbox.h"
#include "transport/sealed_payloads.h"
#include "wire/reply.h"

namespace runard::transport {
namespace {

// Up to here a payload is copied beside its header: one piece of memory, one piece to send.
constexpr std::size_t kInlinePayload = 1024;
// A slot keeps this much memory for its next use.
constexpr std::size_t kKeptHead = 4096;

void forget(core::Bytes& head) {
  head.clear();
  if (head.capacity() > kKeptHead) {
    head.shrink_to_fit();
  }
}

}  // namespace

Exchange::Exchange(const Limits& limits, const NetworkNames& names, rpc::PayloadCodec* codec)
    : limits_(limits),
      memory_(std::make_shared<SharedMemory>(limits)),
      names_(names),
      codec_(codec),
      ours_(limits.calls),
      theirs_(limits.calls) {}

Exchange::~Exchange() {
  close();
}

// What counts as shared is the sum of what each change of request_bytes adds to its shared part, so
// it comes to nothing with the last request, whatever the order.
bool Exchange::hold_request(LinkPort& port, std::size_t bytes) {
  const std::size_t before = port.request_bytes.fetch_add(bytes);
  const std::size_t total = before + bytes;
  const std::uint64_t shared = limits_.shared_part(total) - limits_.shared_part(before);
  // An idle link takes any request, so that the limit need not fit the largest one.
  if ((before == 0 || total <= limits_.send_bytes) &&
      (shared == 0 || memory_->outgoing.take(shared, limits_.is_much(total)))) {
    return true;
  }
  memory_->outgoing.adjust(-static_cast<std::int64_t>(shared));
  end_request(port, bytes);
  return false;
}

void Exchange::end_request(LinkPort& port, std::size_t bytes) {
  const std::size_t before = port.request_bytes.fetch_sub(bytes);
  if (before > limits_.own_memory) {
    memory_->outgoing.give(limits_.shared_part(before) - limits_.shared_part(before - bytes));
  }
}

void Exchange::change_request(LinkPort& port, std::size_t from, std::size_t to) {
  const std::size_t before = port.request_bytes.fetch_add(to);
  memory_->outgoing.adjust(
      -static_cast<std::int64_t>(limits_.shared_part(before + to) - limits_.shared_part(before)));
  end_request(port, from);
}

void Exchange::submit(OutboundCall& call) {
  mailbox_.push(call);
  if (closed_.load()) {
    drain();
  }
}

void Exchange::request_cancel(rpc::Ticket ticket) {
  mailbox_.post([this, ticket] { cancelled_.push_back(ticket); });
}

void Exchange::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  InboundCall* call = theirs_.claim(cookie[0]);
  if (call == nullptr) {
    return;
  }
  encode(reply, *call);
  mailbox_.push(*call);
  if (closed_.load()) {
    drain();
  }
}

// The I/O thread leaves the request's bytes alone until it has the reply.
void Exchange::encode(const rpc::Reply& reply, InboundCall& call) const {
  if (codec_ == nullptr || reply.payload.type == 0 || !codec_->is_private(reply.payload.type)) {
    encode_reply(reply, limits_.payload, call);
    return;
  }
  auto sealed = seal_reply(*codec_, names_, call, reply.payload);
  if (!sealed) {
    core::Error why = sealed.error();
    why.executed = core::Executed::kYes;
    encode_reply(rpc::Reply::failure(why), limits_.payload, call);
    return;
  }
  rpc::Reply out = reply;
  out.payload = std::move(*sealed);
  encode_reply(out, limits_.payload, call);
}

void Exchange::close() {
  closed_.store(true);
  mailbox_.set_wake(nullptr);
  drain();
}

void Exchange::drain() {
  for (Letter* letter = mailbox_.take(); letter != nullptr;) {
    Letter* next = letter->next;
    dispose(*letter);
    letter = next;
  }
}

void Exchange::dispose(Letter& letter) {
  switch (letter.kind) {
    case Letter::Kind::kCall: {
      auto& call = static_cast<OutboundCall&>(letter);
      const core::Error error =
          core::fail(core::Errc::kLinkLost, "before the request was sent", core::Executed::kNo);
      if (ours_.claim(call.slot) != nullptr) {
        call.responder(rpc::Reply::failure(error));
      }
      free_call(*this, call);
      break;
    }
    case Letter::Kind::kReply:
      free_call(*this, static_cast<InboundCall&>(letter));
      break;
    case Letter::Kind::kLane:
      static_cast<LaneOutbox&>(letter).close();
      static_cast<LaneOutbox&>(letter).take({});
      break;
  }
}

void encode_reply(const rpc::Reply& reply, std::size_t payload_limit, InboundCall& call) {
  wire::ReplyHeader header{reply.code,         reply.app_code,
                           reply.executed,     reply.payload.encoding,
                           reply.payload.type, reply.message};
  rpc::Payload payload = reply.payload;
  if (payload.bytes.size() > payload_limit) {
    header = {};
    header.code = core::Errc::kTooLarge;
    header.message = "the reply";
    payload = {};
  }
  const core::ByteView bytes = payload.bytes;
  call.head.clear();
  wire::put_reply(header, bytes.size(), call.head);
  if (bytes.size() <= kInlinePayload) {
    call.head.insert(call.head.end(), bytes.begin(), bytes.end());
    call.payload = {};
  } else {
    call.payload = payload.keep();
  }
}

void free_call(Exchange& exchange, OutboundCall& call) {
  exchange.end_request(*call.port, call.size());
  call.port->calls.fetch_sub(1);
  call.port.reset();
  call.payload = {};
  forget(call.head);
  exchange.ours().close(call.slot);
}

void free_call(Exchange& exchange, InboundCall& call) {
  call.forget_request();  // its link may have gone before it
  call.payload = {};
  forget(call.head);
  exchange.theirs().close(call.slot);
}

}  // namespace runard::transport
