// The event part of Core: publications, their delivery, verdicts.
#pragma once

#include <runar/testing/core.hpp>

namespace runar::testing {

inline runar_status Core::publish(runar_ctx* ctx, const runar_publish& publish, runar_receipt_fn fn,
                                  void* user) {
  constexpr std::uint32_t kFlags = RUNAR_PUB_LOCAL | RUNAR_PUB_GUARANTEED;
  if (const runar_status status = checked(ctx, publish, kFlags, "publish"); status < 0) {
    return status;
  }
  InstanceRow& owner = row(ctx);
  const auto topic = TopicPath::parse(detail::view(publish.topic), owner.network);
  if (!topic || topic->is_pattern()) {
    return RUNAR_E_INVALID;
  }
  if (publish.payload.bytes.len > kMaxPayload) {
    return RUNAR_E_TOO_LARGE;
  }
  const std::size_t named = publish.recipient_count;
  if (const runar_status status = check_recipients(publish.recipients, named); status < 0) {
    return status;
  }
  const Published event{topic->text(),
                        Body::copy(publish.payload),
                        publish.flags,
                        publish.retain_ns,
                        std::string(detail::view(publish.target_node)),
                        copy_meta(publish.meta, publish.meta_count),
                        std::string(detail::view(publish.owner_profile)),
                        copy_texts(publish.recipients, named),
                        owner.name};
  {
    const std::lock_guard lock(mutex);
    published.push_back(event);
    if (event.retain_ns > 0) {
      retained.emplace_back(strand.now(), event);
    }
  }
  const std::uint32_t reached = deliver(event, 0);
  if (fn != nullptr) {
    strand.add(0, [fn, user, ctx, reached, flags = publish.flags, id = next_id()] {
      auto receipt = detail::sized<runar_receipt>();
      const bool stored = (flags & RUNAR_PUB_GUARANTEED) != 0;
      receipt.stage = stored ? RUNAR_RECEIPT_STORED : RUNAR_RECEIPT_SENT;
      receipt.reached = reached;
      receipt.event = stored ? id : 0;
      fn(user, ctx, &receipt);
    });
  }
  return RUNAR_OK;
}

inline std::uint32_t Core::deliver(const Published& event, std::uint32_t flags) {
  const TopicPath topic(event.topic, "main");
  std::vector<runar_id> ids;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, subscription] : subscriptions) {
      if (subscription.pattern.matches(topic)) {
        ids.push_back(id);
      }
    }
  }
  for (const runar_id id : ids) {
    strand.add(0, [this, id, event, flags] { deliver_to(id, event, flags, 1); });
  }
  return static_cast<std::uint32_t>(ids.size());
}

inline void Core::deliver_to(runar_id subscription, const Published& event, std::uint32_t flags,
                             int attempt) {
  SubscriptionRow row{nullptr, TopicPath(event.topic, "main"), {}};
  {
    const std::lock_guard lock(mutex);
    const auto found = subscriptions.find(subscription);
    if (found == subscriptions.end()) {
      return;
    }
    row = found->second;
  }
  const TopicPath topic(event.topic, "main");
  const auto params = row.pattern.params(topic).value_or(TopicPath::Params{});
  std::vector<runar_kv> param_list;
  for (const auto& [key, value] : params) {
    param_list.push_back({detail::str(key), detail::str(value)});
  }
  const std::vector<runar_kv> meta = lend(event.meta);
  const std::string text = topic.path();
  auto given = detail::sized<runar_event>();
  given.flags = flags;
  given.id = next_id();
  given.network = detail::str(topic.network());
  given.topic = detail::str(text);
  given.params = param_list.data();
  given.param_count = param_list.size();
  given.meta = meta.data();
  given.meta_count = meta.size();
  given.payload = event.body.lend();
  given.source_service = detail::str(event.by);
  given.sequence = given.id;
  given.owner_profile = detail::str(event.owner_profile);
  if ((row.record.flags & RUNAR_SUB_MANUAL) != 0) {
    const std::lock_guard lock(mutex);
    deliveries.emplace(given.id, DeliveryRow{subscription, event, attempt});
  }
  row.record.on_event(row.record.user, handle(*row.owner), &given);
}

inline runar_status Core::event_done(runar_ctx* ctx, runar_id event, std::uint32_t verdict,
                                     std::int64_t after) {
  if (const runar_status status = refused(ctx, "event_done"); status < 0) {
    return status;
  }
  DeliveryRow row;
  {
    const std::lock_guard lock(mutex);
    const auto found = deliveries.find(event);
    if (found == deliveries.end()) {
      problems.push_back("event_done: event " + std::to_string(event) +
                         " is not waiting for a verdict");
      return RUNAR_E_STALE;
    }
    row = std::move(found->second);
    deliveries.erase(found);
    verdicts.push_back(verdict);
  }
  if (verdict == RUNAR_EVENT_RETRY && row.attempt < kMaxDeliver) {
    strand.add(after, [this, row] {
      deliver_to(row.subscription, row.event, RUNAR_EV_REDELIVERED, row.attempt + 1);
    });
  }
  return RUNAR_OK;
}

}  // namespace runar::testing
