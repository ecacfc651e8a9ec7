// What a service registers: Instance's actions and types.
#include <algorithm>

#include "plugin_host/abi_values.h"
#include "plugin_host/ids.h"
#include "plugin_host/instance.h"
#include "plugin_host/runtime.h"

namespace runard::plugin_host {

runar_status Instance::add_action(const runar_action& wanted, runar_id* out) {
  auto action = std::make_unique<Action>();
  action->row.pattern = view(wanted.name);
  action->row.summary = view(wanted.summary);
  action->row.input_schema = view(wanted.input_schema);
  action->row.output_schema = view(wanted.output_schema);
  action->row.timeout_ms = wanted.default_timeout_ms;
  action->row.flags = (wanted.flags & RUNAR_FN_IDEMPOTENT) != 0 ? rpc::kIdempotent : 0U;
  action->flags = wanted.flags;
  action->max_concurrency = wanted.max_concurrency;
  action->on_request = wanted.on_request;
  action->user = wanted.user;
  action->drop_user = wanted.drop_user;

  const std::lock_guard lock(mutex_);
  if (frozen_) {
    return RUNAR_E_UNSUPPORTED;  // the set of actions is announced once, after start
  }
  if (actions_.size() >= kMaxActions) {
    return RUNAR_E_BUSY;
  }
  const auto same = std::find_if(actions_.begin(), actions_.end(), [&](const auto& other) {
    return other->row.pattern == action->row.pattern;
  });
  if (same != actions_.end()) {
    return RUNAR_E_EXISTS;
  }
  action->number = static_cast<std::uint32_t>(actions_.size());
  action->id = make_id((next_action_++ << 32) | 1, IdKind::kAction);
  if (out != nullptr) {
    *out = action->id;
  }
  actions_.push_back(std::move(action));
  return RUNAR_OK;
}

// An announced action keeps its place, because its number is its name; it refuses from then on.
runar_status Instance::remove_action(runar_id id) {
  const std::lock_guard lock(mutex_);
  const auto place = std::find_if(actions_.begin(), actions_.end(),
                                  [id](const auto& action) { return action->id == id; });
  if (place == actions_.end()) {
    return RUNAR_E_STALE;
  }
  if (frozen_) {
    return (*place)->removed.exchange(true) ? RUNAR_E_STALE : RUNAR_OK;
  }
  removed_.push_back(std::move(*place));
  actions_.erase(place);
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    actions_[i]->number = static_cast<std::uint32_t>(i);
  }
  return RUNAR_OK;
}

runar_status Instance::declare_type(std::uint64_t type) {
  const std::lock_guard lock(mutex_);
  if (std::find(types_.begin(), types_.end(), type) != types_.end()) {
    return RUNAR_OK;
  }
  if (types_.size() >= runtime_.limits.instance_types) {
    return RUNAR_E_BUSY;
  }
  types_.push_back(type);
  return RUNAR_OK;
}

void Instance::freeze_actions() {
  const std::lock_guard lock(mutex_);
  frozen_ = true;
}

std::vector<registry::ActionRow> Instance::action_rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<registry::ActionRow> rows;
  rows.reserve(actions_.size());
  for (const auto& action : actions_) {
    rows.push_back(action->row);
  }
  return rows;
}

std::string Instance::action_name(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  return number < actions_.size() ? actions_[number]->row.pattern : std::string();
}

}  // namespace runard::plugin_host
