// EventView: an event as a plugin sees it. Borrows the delivery and the pattern.
#pragma once

#include <runar/plugin.h>

#include <string>
#include <vector>

#include "plugin_host/limits.h"
#include "routing/topic_pattern.h"
#include "rpc/broker.h"

namespace runard::plugin_host {

class EventView {
 public:
  EventView(const rpc::Delivery& delivery, const routing::TopicPattern& pattern, runar_id id);
  EventView(const EventView&) = delete;
  EventView& operator=(const EventView&) = delete;
  const runar_event* get() const { return &event_; }

 private:
  runar_event event_{};
  std::string source_;
  core::ProfileId::Text owner_{};
  routing::Params captured_;
  std::vector<runar_kv> pairs_;  // params, then meta
};

}  // namespace runard::plugin_host
