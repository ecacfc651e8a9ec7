// Lanes: streams of events in order. OutLane sends what its LaneOutbox gathers, InLane hands what
// arrives to the EventSink, which may let the lane stand still.
//
// Shape of the stream: {varint type, varint lane number, frames}. Owner: the link. One thread.
#pragma once

#include "transport/inbox.h"
#include "transport/lane_outbox.h"
#include "transport/link_core.h"
#include "transport/send_queue.h"

namespace runard::transport {

class OutLane final : public Stream {
 public:
  OutLane(LinkCore& core, std::shared_ptr<LaneOutbox> outbox);
  ~OutLane() override { outbox_->close(); }

  // Takes what gathered; opens the stream when the peer allows.
  void flush();
  void try_open();
  // The peer has all of it.
  bool idle() const { return over_ || queue_.size() == 0; }

  bool received(core::ByteView, bool) override { return false; }
  void peer_reset(std::uint64_t) override {}
  void peer_stopped(std::uint64_t code) override;
  void acked(std::uint64_t offset) override;
  void closed() override;
  SendParts pending() const override;
  void sent(std::size_t bytes, bool last) override;

 private:
  LinkCore& core_;
  std::shared_ptr<LaneOutbox> outbox_;
  SendQueue queue_;
  std::size_t prefix_ = 0;  // bytes of the stream that are not events
  bool over_ = false;
};

class InLane final : public Stream {
 public:
  // `prefix`: bytes of the stream that were read to find out its type.
  InLane(LinkCore& core, std::uint64_t prefix);
  ~InLane() override;

  // An event that is too large for this node's limit is skipped as it comes. False: a number that
  // another lane has, or a frame that can't be decoded, that no node may send, or that does not
  // come to its end.
  bool deliver();
  void resume() { held_ = false; }
  bool over() const { return over_; }
  // Known once its first bytes are there.
  std::optional<std::uint64_t> number() const { return number_; }

  bool received(core::ByteView bytes, bool end) override;
  void peer_reset(std::uint64_t) override {}
  void peer_stopped(std::uint64_t) override {}
  void closed() override;
  SendParts pending() const override { return {}; }
  void sent(std::size_t, bool) override {}

 private:
  bool read_number();
  bool begin_skip(const wire::FrameHead& head);
  bool skip();
  bool take_frame(const InboxFrame& frame);
  bool take_event(core::ByteView body);

  LinkCore& core_;
  Inbox inbox_;
  Grant grant_;
  std::uint64_t skip_ = 0;  // bytes left of an event that is too large
  std::optional<std::uint64_t> number_;
  core::TimePoint moved_;  // when it last did not wait for the rest of a frame
  bool held_ = false;      // by the sink
  bool over_ = false;
};

}  // namespace runard::transport
