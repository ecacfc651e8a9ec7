// ControlStream: the one stream of a link that carries hello, drain and the control frames of the
// modules above. Owner: the link. One thread.
#pragma once

#include "transport/inbox.h"
#include "transport/link_core.h"
#include "transport/send_queue.h"

namespace runard::transport {

class ControlStream final : public Stream {
 public:
  // `prefix`: bytes of the peer's direction that were read to find out the stream's type.
  ControlStream(LinkCore& core, std::uint64_t prefix);

  // False: too much is queued.
  bool send(std::uint64_t frame_type, core::ByteView body);
  // For the dialler: the stream's type goes first.
  void send_type();

  Inbox& inbox() { return inbox_; }
  void credit();
  bool over() const { return over_; }
  bool all_acknowledged() const { return queue_.size() == 0; }

  bool received(core::ByteView bytes, bool end) override;
  void peer_reset(std::uint64_t) override { over_ = true; }
  void peer_stopped(std::uint64_t) override { over_ = true; }
  void acked(std::uint64_t offset) override { queue_.acked(offset); }
  void closed() override { over_ = true; }
  SendParts pending() const override;
  void sent(std::size_t bytes, bool last) override;

 private:
  LinkCore& core_;
  Inbox inbox_;
  SendQueue queue_;
  bool over_ = false;
};

}  // namespace runard::transport
