// Exchange: where other threads and the I/O thread of an endpoint meet. Holds the tables of
// requests both ways and the mailbox; answers replies of local handlers.
//
// Threading: any thread. Lifetime: outlives every RemoteNode and every Responder that names it.
#pragma once

#include "core/slot_table.h"
#include "transport/inbound_call.h"
#include "transport/outbound_call.h"

namespace runard::transport {

class Exchange final : public rpc::Completion {
 public:
  // `names` and `codec` (null: nothing is private) outlive it.
  Exchange(const Limits& limits, const NetworkNames& names, rpc::PayloadCodec* codec);
  ~Exchange();

  core::SlotTable<OutboundCall>& ours() { return ours_; }
  core::SlotTable<InboundCall>& theirs() { return theirs_; }
  Mailbox& mailbox() { return mailbox_; }
  const Limits& limits() const { return limits_; }
  SharedMemory& memory() { return *memory_; }
  const std::shared_ptr<SharedMemory>& shared_memory() { return memory_; }

  // A request of so many bytes begins to wait on that link. False: there is no room. Any thread.
  bool hold_request(LinkPort& port, std::size_t bytes);
  void end_request(LinkPort& port, std::size_t bytes);
  // It is of another size now: it counts, room or not.
  void change_request(LinkPort& port, std::size_t from, std::size_t to);

  // Hands a call to the I/O thread; fails it here when the endpoint is closed.
  void submit(OutboundCall& call);
  // The caller gave up. Any thread, any ticket.
  void request_cancel(rpc::Ticket ticket);
  // I/O thread: the tickets given up since the last time.
  std::vector<rpc::Ticket> cancelled() { return std::exchange(cancelled_, {}); }
  // A handler's answer to an inbound call: cookie[0] is its slot.
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;

  // From now on nothing is taken; what lies in the mailbox is failed.
  void close();
  // Ends what a letter is about, without a link. I/O thread, or anyone after close().
  void dispose(Letter& letter);

 private:
  void drain();
  void encode(const rpc::Reply& reply, InboundCall& call) const;

  const Limits limits_;
  const std::shared_ptr<SharedMemory> memory_;
  const NetworkNames& names_;
  rpc::PayloadCodec* const codec_;
  core::SlotTable<OutboundCall> ours_;
  core::SlotTable<InboundCall> theirs_;
  Mailbox mailbox_;
  std::atomic<bool> closed_{false};
  std::vector<rpc::Ticket> cancelled_;  // I/O thread
};

// Encodes a reply into the call: small payloads beside the header, large ones shared.
void encode_reply(const rpc::Reply& reply, std::size_t payload_limit, InboundCall& call);

// Gives a call's slot back, with all it held.
void free_call(Exchange& exchange, OutboundCall& call);
void free_call(Exchange& exchange, InboundCall& call);

}  // namespace runard::transport
