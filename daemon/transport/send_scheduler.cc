#include "transport/send_scheduler.h"

#include <utility>

namespace runard::transport {

void SendScheduler::push(Queue& queue, Stream& stream) {
  stream.queued_ = true;
  stream.next_ = nullptr;
  (queue.tail == nullptr ? queue.head : queue.tail->next_) = &stream;
  queue.tail = &stream;
}

void SendScheduler::pop(Queue& queue) {
  Stream* first = queue.head;
  queue.head = first->next_;
  if (queue.head == nullptr) {
    queue.tail = nullptr;
  }
  first->next_ = nullptr;
  first->queued_ = false;
}

void SendScheduler::ready(Stream& stream) {
  if (!stream.queued_ && !stream.blocked_) {
    push(queue(stream), stream);
  }
}

void SendScheduler::unblocked(Stream& stream) {
  // A window may grow that stopped nobody, of a stream that has nothing to send and will soon be
  // gone.
  if (std::exchange(stream.blocked_, false)) {
    ready(stream);
  }
}

void SendScheduler::remove(Stream& stream) {
  if (!stream.queued_) {
    return;
  }
  Queue& from = queue(stream);
  if (from.head == &stream) {
    pop(from);
    turn_ = 0;
    return;
  }
  for (Stream* at = from.head; at != nullptr; at = at->next_) {
    if (at->next_ == &stream) {
      at->next_ = stream.next_;
      if (from.tail == &stream) {
        from.tail = at;
      }
      break;
    }
  }
  stream.next_ = nullptr;
  stream.queued_ = false;
}

Stream* SendScheduler::next() {
  Queue& control = queues_[static_cast<std::size_t>(SendClass::kControl)];
  Queue& messages = queues_[static_cast<std::size_t>(SendClass::kMessage)];
  Queue& lanes = queues_[static_cast<std::size_t>(SendClass::kLane)];
  if (control.head != nullptr) {
    return control.head;
  }
  if (lanes.head != nullptr && (messages.head == nullptr || packets_ >= kLaneShare)) {
    packets_ = 0;
    return lanes.head;
  }
  return messages.head;
}

void SendScheduler::sent(Stream& stream, std::size_t bytes) {
  Queue& from = queue(stream);
  const SendParts rest = stream.pending();
  if (rest.bytes == 0 && !rest.last) {
    pop(from);
    turn_ = 0;
    return;
  }
  turn_ += bytes;
  if (turn_ >= kTurn) {
    pop(from);
    push(from, stream);
    turn_ = 0;
  }
}

void SendScheduler::blocked(Stream& stream) {
  pop(queue(stream));
  stream.blocked_ = true;
  turn_ = 0;
}

bool SendScheduler::idle() const {
  for (const Queue& queue : queues_) {
    if (queue.head != nullptr) {
      return false;
    }
  }
  return true;
}

}  // namespace runard::transport
