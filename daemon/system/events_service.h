// EventsService: the "$events" of one network, as an ordinary handler of this node.
//
//   $events/past    -> a page of the events that are retained here, for a peer's subscription
//
// For peers only, and only for what they have subscribed to; payloads are those of wire/past.h.
// Any thread; answers before call() returns.
#pragma once

#include "registry/rows.h"
#include "rpc/handler.h"
#include "rpc/past.h"

namespace runard::system {

class EventsService final : public rpc::Handler {
 public:
  static constexpr std::string_view kPastPath = "$events/past";

  // `payload_limit`: no answer is larger.
  EventsService(std::string network, rpc::Past& past, std::uint64_t payload_limit)
      : network_(std::move(network)), past_(past), payload_limit_(payload_limit) {}

  // To be put into the registry once, for this network.
  registry::ServiceRow row() const;

  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket /*ticket*/) override {}

 private:
  core::Result<core::Bytes> answer(const rpc::Request& request) const;

  const std::string network_;
  rpc::Past& past_;
  const std::uint64_t payload_limit_;
};

}  // namespace runard::system
