// OutboundCall: one request of ours to the peer, from the caller's thread to the reply.
//
// Lives in a slot of the Exchange: the caller's thread fills in the first part and posts it, all
// else is the I/O thread's. The slot is free again when the responder is answered and ngtcp2 has
// forgotten the stream, because until then it may send the request's bytes again.
#pragma once

#include <boost/intrusive/list_hook.hpp>

#include "rpc/handler.h"
#include "transport/link_core.h"
#include "transport/mailbox.h"
#include "transport/message_assembler.h"
#include "wire/request.h"

namespace runard::transport {

class RequestTable;

using ListHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// What a link counts for all threads that call over it.
struct LinkPort {
  std::atomic<bool> open{true};               // false: no new calls or events
  std::atomic<std::size_t> request_bytes{0};  // queued or not acknowledged
  std::atomic<std::uint32_t> calls{0};        // waiting or in progress
  bool opens_sealed = false;                  // the peer; fixed before the link is up
};

class OutboundCall final : public Letter, public Stream, public ListHook {
 public:
  OutboundCall() : Letter(Kind::kCall), Stream(SendClass::kMessage) {}

  // Set by the caller's thread.
  std::uint64_t slot = 0;
  LinkId link = 0;
  std::shared_ptr<LinkPort> port;
  rpc::Responder responder;
  core::TimePoint deadline = core::kNever;
  core::Bytes head;      // stream type, frame head, header, maybe the payload
  rpc::Payload payload;  // if not in `head`

  std::size_t size() const { return head.size() + payload.bytes.size(); }
  // Fills in head and payload. Errors: those of wire::put_request.
  core::Result<void> write(const wire::RequestHeader& header, std::span<const rpc::Pair> meta,
                           const rpc::Payload& sent);

  // I/O thread.
  void attach(RequestTable& table);
  bool started() const { return id() >= 0; }
  bool answered() const { return answered_; }
  bool any_sent() const { return sent_ > 0; }

  bool received(core::ByteView bytes, bool end) override;
  void peer_reset(std::uint64_t code) override;
  void peer_stopped(std::uint64_t code) override;
  void closed() override;
  SendParts pending() const override;
  void sent(std::size_t bytes, bool last) override;

 private:
  friend class RequestTable;
  RequestTable* table_ = nullptr;
  MessageAssembler reply_;
  Grant grant_;
  std::size_t sent_ = 0;
  bool end_sent_ = false;
  bool ended_ = false;  // the peer finished its direction
  bool answered_ = false;
  core::TimePoint over_by_ = core::kNever;  // its stream, once it is answered
  bool closed_ = false;
  bool to_deliver_ = false;
  bool stopped_ = false;  // nothing is sent any more
  bool again_ = false;    // to be sent once more, in full, when its stream is over
  bool repeated_ = false;
  std::optional<core::Error> failure_;
};

}  // namespace runard::transport
