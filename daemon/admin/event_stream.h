// EventStream: one subscription of a control client. Events go out as lines while the client keeps
// up; what it does not take in time is lost at the oldest end of its queue, and the next event says
// so.
#pragma once

#include <memory>

#include "admin/session.h"

namespace runard::admin {

class EventStream final : public rpc::EventConsumer,
                          public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(std::shared_ptr<Session> session, std::uint64_t id) : session_(session), id_(id) {}
  core::Result<void> open(rpc::Broker& broker, rpc::SubscribeOptions options);
  // On the session's executor: after it nothing is sent.
  void close() { queue_.reset(); }
  void ready() noexcept override;

 private:
  void drain();

  std::weak_ptr<Session> session_;
  const std::uint64_t id_;
  std::shared_ptr<rpc::EventQueue> queue_;
};

}  // namespace runard::admin
