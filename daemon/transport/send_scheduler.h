// SendScheduler: which stream may fill the next packet.
//
// Control goes first. Messages come before lanes, but after kLaneShare packets of messages the
// lanes have a turn, so neither starves. Within a class a stream sends up to kTurn bytes, then the
// next one has its turn. A stream that its window blocks leaves until unblocked. Owner: the link.
// One thread.
#pragma once

#include <array>
#include <cstddef>

#include "transport/stream.h"

namespace runard::transport {

class SendScheduler {
 public:
  static constexpr std::size_t kTurn = 64 * 1024;
  static constexpr int kLaneShare = 8;

  // The stream has something to send. Cheap to repeat.
  void ready(Stream& stream);
  // The peer gave the stream a larger window.
  void unblocked(Stream& stream);
  // The stream is about to go.
  void remove(Stream& stream);

  // Null: nothing to send.
  Stream* next();
  // The stream that next() gave sent `bytes`.
  void sent(Stream& stream, std::size_t bytes);
  // The stream that next() gave is blocked by its window.
  void blocked(Stream& stream);
  void packet_done() { ++packets_; }

  bool idle() const;

 private:
  struct Queue {
    Stream* head = nullptr;
    Stream* tail = nullptr;
  };
  Queue& queue(const Stream& stream) {
    return queues_[static_cast<std::size_t>(stream.send_class())];
  }
  static void push(Queue& queue, Stream& stream);
  static void pop(Queue& queue);

  std::array<Queue, 3> queues_;
  std::size_t turn_ = 0;  // bytes of the stream at the front
  int packets_ = 0;       // since the lanes had a turn
};

}  // namespace runard::transport
