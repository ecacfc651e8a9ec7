#include "node/inbound_events.h"

#include <utility>

namespace runard::node {

InboundEvents::~InboundEvents() {
  strand_.cancel(timer_);
}

InboundEvents::Taken InboundEvents::event(transport::LinkId link, std::uint64_t lane,
                                          const rpc::Event& event, const wire::EventHeader& header,
                                          std::span<const std::string_view> groups) {
  if (!gate_.admit(event.source, policy::Action::kPublish, {event.network, event.topic})) {
    return Taken::kTaken;
  }
  rpc::Event own = event;
  own.flags |= rpc::kRemoteEvent;
  own.groups = groups;
  own.ungrouped = (header.bits & wire::kForAllBit) != 0;
  const rpc::Receipt receipt = broker_.publish(own, {});
  if (receipt.code != core::Errc::kBackpressure) {
    return Taken::kTaken;  // also when it is refused: a topic that is none here is nobody's
  }
  standing_.emplace(link, lane);
  arm();
  return Taken::kLater;
}

void InboundEvents::forget(transport::LinkId link) {
  std::erase_if(standing_, [link](const auto& entry) { return entry.first == link; });
}

void InboundEvents::arm() {
  if (timer_ != 0) {
    return;
  }
  timer_ = strand_.after(kRetry, [this] {
    timer_ = 0;
    for (const auto& [link, lane] : std::exchange(standing_, {})) {
      resume_(link, lane);
    }
  });
}

}  // namespace runard::node
