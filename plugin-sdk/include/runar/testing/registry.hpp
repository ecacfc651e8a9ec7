// The registry part of Core: actions and subscriptions come and go.
#pragma once

#include <runar/testing/core.hpp>

namespace runar::testing {

inline runar_status Core::add_action(runar_ctx* ctx, const runar_action& action, runar_id* out) {
  constexpr std::uint32_t kFlags =
      RUNAR_FN_PARALLEL | RUNAR_FN_BLOCKING | RUNAR_FN_PROMPT | RUNAR_FN_IDEMPOTENT;
  if (const runar_status status = checked(ctx, action, kFlags, "add_action"); status < 0) {
    return status;
  }
  InstanceRow& owner = row(ctx);
  const std::string name(detail::view(action.name));
  if (owner.initialized) {
    problem("add_action: \"" + name + "\" comes after init");
    return RUNAR_E_UNSUPPORTED;
  }
  const auto pattern = TopicPath::parse(owner.path + "/" + name, owner.network);
  if (!pattern || action.on_request == nullptr) {
    problem("add_action: \"" + name + "\" is not a name, or on_request is null");
    return RUNAR_E_INVALID;
  }
  const runar_id id = next_id();
  const std::lock_guard lock(mutex);
  for (const auto& [other_id, other] : actions) {
    if (other.pattern == *pattern) {
      return RUNAR_E_EXISTS;
    }
  }
  actions.emplace(id, ActionRow{&owner, *pattern, name, std::string(detail::view(action.summary)),
                                std::string(detail::view(action.input_schema)),
                                std::string(detail::view(action.output_schema)), action});
  *out = id;
  return RUNAR_OK;
}

inline runar_status Core::subscribe(runar_ctx* ctx, const runar_subscription& subscription,
                                    runar_id* out) {
  constexpr std::uint32_t kFlags = RUNAR_SUB_MANUAL | RUNAR_SUB_DURABLE;
  if (const runar_status status = checked(ctx, subscription, kFlags, "subscribe"); status < 0) {
    return status;
  }
  InstanceRow& owner = row(ctx);
  const auto pattern = TopicPath::parse(detail::view(subscription.topic), owner.network);
  if (!pattern || subscription.on_event == nullptr || subscription.overflow > RUNAR_BLOCK) {
    return RUNAR_E_INVALID;
  }
  const runar_id id = next_id();
  std::vector<Published> past;
  {
    const std::lock_guard lock(mutex);
    subscriptions.emplace(id, SubscriptionRow{&owner, *pattern, subscription});
    const std::int64_t now = strand.now();
    for (const auto& [when, event] : retained) {
      const bool kept = now - when <= event.retain_ns;
      if (kept && now - when <= subscription.include_past_ns && subscription.include_past_ns > 0 &&
          pattern->matches(TopicPath(event.topic, "main"))) {
        past.push_back(event);
      }
    }
  }
  *out = id;
  for (const Published& event : past) {
    strand.add(0, [this, id, event] { deliver_to(id, event, RUNAR_EV_RETAINED, 1); });
  }
  return RUNAR_OK;
}

inline runar_status Core::remove(runar_ctx* ctx, runar_id id) {
  if (const runar_status status = refused(ctx, "remove"); status < 0) {
    return status;
  }
  runar_free_fn drop = nullptr;
  void* user = nullptr;
  {
    const std::lock_guard lock(mutex);
    if (const auto action = actions.find(id); action != actions.end()) {
      drop = action->second.record.drop_user;
      user = action->second.record.user;
      actions.erase(action);
    } else if (const auto found = subscriptions.find(id); found != subscriptions.end()) {
      drop = found->second.record.drop_user;
      user = found->second.record.user;
      subscriptions.erase(found);
    } else {
      return RUNAR_E_STALE;
    }
  }
  if (drop != nullptr) {  // never inside a host function
    strand.add(0, [drop, user] { drop(user); });
  }
  return RUNAR_OK;
}

inline void Core::drop_all(InstanceRow& owner) {
  std::vector<runar_id> ids;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, action] : actions) {
      if (action.owner == &owner) {
        ids.push_back(id);
      }
    }
    for (const auto& [id, subscription] : subscriptions) {
      if (subscription.owner == &owner) {
        ids.push_back(id);
      }
    }
  }
  for (const runar_id id : ids) {
    remove(handle(owner), id);
  }
}

}  // namespace runar::testing
