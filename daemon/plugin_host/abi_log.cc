// Logging: host->log, log_enabled. Lines of a plugin carry plugin, service, action and request.
#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "core/utf8.h"
#include "plugin_host/abi.h"
#include "plugin_host/abi_entry.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/ids.h"
#include "plugin_host/limits.h"
#include "plugin_host/status.h"

namespace runard::plugin_host {
namespace {

constexpr std::size_t kMaxLogText = 1024;
constexpr std::size_t kMaxKey = 32;

core::Level level_of(std::int32_t level) {
  return static_cast<core::Level>(
      std::clamp<std::int32_t>(level, RUNAR_LOG_TRACE, RUNAR_LOG_ERROR));
}

std::string_view shortened(runar_str text) {
  return text.ptr == nullptr ? std::string_view() : core::cut_utf8(view(text), kMaxLogText);
}

// A key that stands unquoted in a line and is none of the daemon's own: "x." before the plugin's.
std::string safe_key(runar_str given) {
  std::string key = "x.";
  for (const char c : shortened(given).substr(0, kMaxKey)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == '-';
    key += plain ? c : '_';
  }
  return key;
}

int log_enabled(runar_ctx* raw, std::int32_t level) {
  const Entry entry(raw);
  return entry && entry.context().label().log.enabled(level_of(level)) ? 1 : 0;
}

// Which action a line belongs to: the one that the request's id names, else the one that runs.
void add_place(const Entry& entry, runar_id request, std::vector<core::Field>& fields) {
  const ThreadContext& thread = this_thread();
  const Frame frame = thread.innermost() == &entry.context() ? thread.top() : Frame{};
  if (request == 0) {
    request = frame.request;
  }
  if (kind_of(request) != IdKind::kRequest) {
    return;
  }
  fields.push_back(core::field("action", entry.instance().action_name(action_of(request))));
  fields.push_back(core::field("request", std::to_string(request)));
}

// NOLINTNEXTLINE(readability-function-size): the ABI says so
void log(runar_ctx* raw, std::int32_t level, runar_str message, const runar_kv* given,
         std::size_t count, runar_id request) {
  const Entry entry(raw);
  if (!entry || !entry.context().label().log.enabled(level_of(level))) {
    return;
  }
  shielded([&] {
    const Label& label = entry.context().label();
    const std::string_view text = shortened(message);
    std::vector<core::Field> fields;
    add_place(entry, request, fields);
    std::array<std::string, kMaxLogFields> keys;
    for (std::size_t i = 0; given != nullptr && i < std::min(count, kMaxLogFields); ++i) {
      keys[i] = safe_key(given[i].key);
      fields.push_back({keys[i], std::string(shortened(given[i].value))});
    }
    const std::size_t place = std::hash<std::string_view>{}(text) % label.log_keys.size();
    label.log.write_text(level_of(level), text, &label.log_keys[place], fields);
    return RUNAR_OK;
  });
}

}  // namespace

runar_status misuse(Context& context, const char* what, runar_status status) {
  context.counters.misuses.fetch_add(1, std::memory_order_relaxed);
  context.label().log.warn(
      "the plugin used a host function wrongly",
      {core::field("function", what), core::field("status", status_text(status))});
  return status;
}

void put_log_functions(runar_host& table) {
  table.log = log;
  table.log_enabled = log_enabled;
}

}  // namespace runard::plugin_host
