// InboundCall: one request of the peer, from its stream to our reply.
//
// Lives in a slot of the Exchange. The I/O thread owns it, but for the reply: whichever thread
// completes the request first claims the slot, fills in the reply and posts it. The slot is free
// again when a reply was made or nobody can make one any more, and ngtcp2 has forgotten the stream.
#pragma once

#include "transport/outbound_call.h"

namespace runard::transport {

class InboundCall final : public Letter, public Stream, public ListHook {
 public:
  InboundCall() : Letter(Kind::kReply), Stream(SendClass::kMessage) {}

  std::uint64_t slot = 0;
  LinkId link = 0;

  // Filled in by the thread that claimed the slot.
  core::Bytes head;      // frame head, header, maybe the payload
  rpc::Payload payload;  // if not in `head`

  // What sealing a reply needs; as it is when the handler gets the request.
  core::NodeId peer;
  bool peer_opens = false;
  core::ByteView request_body() const { return request_.body(); }

  void forget_request() { request_.clear(); }

  std::size_t reply_size() const { return head.size() + payload.bytes.size(); }

  // I/O thread.
  void attach(RequestTable& table);

  bool received(core::ByteView bytes, bool end) override;
  void peer_reset(std::uint64_t code) override;
  void peer_stopped(std::uint64_t code) override;
  void closed() override;
  SendParts pending() const override;
  void sent(std::size_t bytes, bool last) override;

 private:
  friend class RequestTable;
  RequestTable* table_ = nullptr;
  MessageAssembler request_;
  Grant grant_;
  core::TimePoint arrived_{};
  rpc::Ticket ticket_ = 0;
  std::size_t delivered_ = 0;  // bytes of the request while it is in progress
  std::size_t sent_ = 0;
  std::size_t counted_ = 0;   // bytes of the reply in the link's count
  std::size_t borrowed_ = 0;  // of them from what all links share
  core::TimePoint moved_{};   // when some of the reply was last sent
  bool ended_ = false;        // the peer finished its direction
  bool replying_ = false;
  bool end_sent_ = false;
  bool handed_over_ = false;  // the handler has it
  bool claimed_ = false;      // by the I/O thread: the handler can't reply any more
  bool withdrawn_ = false;    // the handler was told
  bool cancelled_ = false;    // by the peer
  bool closed_ = false;
  bool to_deliver_ = false;
};

}  // namespace runard::transport
