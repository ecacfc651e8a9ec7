#include "node/inbound_events.h"

#include <utility>

#include "routing/topic_path.h"

namespace runard::node {

InboundEvents::~InboundEvents() {
  strand_.cancel(timer_);
}

InboundEvents::Taken InboundEvents::event(transport::LinkId link, std::uint64_t lane,
                                          const rpc::Event& event, const wire::EventHeader& header,
                                          std::span<const std::string_view> groups) {
  // The broker takes other spellings, and networks, from this node's own services only: what is
  // judged here has to be what it goes by.
  const auto topic = routing::view_topic(event.topic, event.network);
  const bool as_it_is = topic && topic->network == event.network && topic->path == event.topic;
  if (!as_it_is || !gate_.admit(event.source, policy::Action::kPublish, *topic)) {
    opened_.erase({link, lane});  // of this event, when it was tried before
    return Taken::kTaken;
  }
  rpc::Event own = event;
  own.flags |= rpc::kRemoteEvent;
  own.groups = groups;
  own.ungrouped = (header.bits & wire::kForAllBit) != 0;
  if (own.payload.encoding == rpc::Encoding::kSealed && !open({link, lane}, own)) {
    return Taken::kTaken;  // it was changed, or came twice: the codec has said so
  }
  const rpc::Receipt receipt = broker_.publish(own, {});
  if (receipt.code != core::Errc::kBackpressure) {
    return Taken::kTaken;  // also when it is refused: a topic that is none here is nobody's
  }
  standing_.emplace(link, lane);
  if (event.payload.encoding == rpc::Encoding::kSealed) {
    opened_.emplace(Lane{link, lane}, own.payload);
  }
  arm();
  return Taken::kLater;
}

// Once for each event, however often its lane is tried again.
bool InboundEvents::open(const Lane& lane, rpc::Event& event) {
  if (const auto at = opened_.find(lane); at != opened_.end()) {
    event.payload = std::move(at->second);
    opened_.erase(at);
    return true;
  }
  if (codec_ == nullptr) {
    return false;
  }
  auto opened = codec_->open({rpc::PayloadPlace::Kind::kEvent, event.network, event.topic, 0,
                              event.source, event.owner, true},
                             event.payload);
  if (opened) {
    event.payload = std::move(*opened);
  }
  return opened.has_value();
}

void InboundEvents::lane_over(transport::LinkId link, std::uint64_t lane) {
  opened_.erase({link, lane});
  standing_.erase({link, lane});
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
