#include "admin/event_stream.h"

#include "admin/render.h"

namespace runard::admin {

core::Result<void> EventStream::open(rpc::Broker& broker, rpc::SubscribeOptions options) {
  auto queue = broker.subscribe(std::move(options), *this);
  if (!queue) {
    return queue.error();
  }
  queue_ = *queue;
  drain();  // what came before queue_ was set
  return {};
}

void EventStream::ready() noexcept {
  if (const auto session = session_.lock()) {
    session->post([self = weak_from_this()] {
      if (const auto stream = self.lock()) {
        stream->drain();
      }
    });
  }
}

void EventStream::drain() {
  const auto session = session_.lock();
  rpc::Delivery delivery;
  while (session && queue_ && session->has_room() && queue_->pop(delivery)) {
    const auto queue = queue_;  // the session may end in send_now, and close this
    session->send_now({{"id", id_}, {"event", render(delivery)}});
    queue->done(delivery.token, rpc::Verdict::kOk);
  }
  if (session && queue_ && !session->has_room()) {
    session->when_drained([self = weak_from_this()] {
      if (const auto stream = self.lock()) {
        stream->drain();
      }
    });
  }
}

}  // namespace runard::admin
