#include "plugin_host/event_view.h"

#include "plugin_host/abi_values.h"

namespace runard::plugin_host {
namespace {

constexpr std::pair<std::uint32_t, std::uint32_t> kFlags[] = {
    {rpc::kRetainedEvent, RUNAR_EV_RETAINED},
    {rpc::kRemoteEvent, RUNAR_EV_REMOTE},
    {rpc::kRedelivered, RUNAR_EV_REDELIVERED},
    {rpc::kEventGap, RUNAR_EV_GAP}};

std::uint32_t flags_of(std::uint32_t flags) {
  std::uint32_t out = 0;
  for (const auto& [ours, theirs] : kFlags) {
    out |= (flags & ours) != 0 ? theirs : 0U;
  }
  return out;
}

}  // namespace

EventView::EventView(const rpc::Delivery& delivery, const routing::TopicPattern& pattern,
                     runar_id id) {
  const rpc::StoredEvent& stored = *delivery.event;
  if (!pattern.is_literal()) {
    if (auto captured = pattern.params(stored.topic)) {
      captured_ = std::move(*captured);
    }
  }
  pairs_.reserve(captured_.size() + stored.meta.size());
  for (const auto& [key, value] : captured_) {
    pairs_.push_back({to_abi(key), to_abi(value)});
  }
  for (const auto& [key, value] : stored.meta) {
    pairs_.push_back({to_abi(key), to_abi(value)});
  }
  if (!stored.source.is_zero()) {
    source_ = stored.source.text();
  }
  event_.struct_size = sizeof event_;
  event_.flags = flags_of(delivery.flags | stored.flags);
  event_.id = id;
  event_.network = to_abi(stored.network);
  event_.topic = to_abi(stored.topic);
  event_.params = pairs_.data();
  event_.param_count = captured_.size();
  event_.meta = pairs_.data() + captured_.size();
  event_.meta_count = stored.meta.size();
  event_.payload = to_abi(stored.payload);
  event_.published_unix_ns = stored.published.time_since_epoch().count();
  event_.source_node = to_abi(source_);
  event_.source_service = to_abi(stored.publisher);
  event_.sequence = stored.sequence;
  if (!stored.owner.is_zero()) {
    event_.owner_profile = to_abi(stored.owner.text(owner_));
  }
}

}  // namespace runard::plugin_host
