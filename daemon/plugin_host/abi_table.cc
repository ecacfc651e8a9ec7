#include <string_view>

#include "core/clock.h"
#include "plugin_host/abi.h"
#include "plugin_host/abi_entry.h"

namespace runard::plugin_host {
namespace {

const void* extension(const char* id) {
  return id != nullptr && std::string_view(id) == RUNAR_EXT_SECRETS ? &secrets_extension()
                                                                    : nullptr;
}

// It has no context to find a Clock by; Options::clock has to be this one's timeline.
std::int64_t now_ns() {
  return core::SystemClock().now().time_since_epoch().count();
}

int on_strand(runar_ctx* raw) {
  const Entry entry(raw);
  return entry && entry.instance().strand().held_by_this_thread() ? 1 : 0;
}

runar_host make_table() {
  runar_host table{};
  table.struct_size = sizeof table;
  table.abi_minor = RUNAR_ABI_MINOR;
  table.extension = extension;
  table.now_ns = now_ns;
  table.on_strand = on_strand;
  put_call_functions(table);
  put_registry_functions(table);
  put_event_functions(table);
  put_buffer_functions(table);
  put_log_functions(table);
  return table;
}

}  // namespace

const runar_host& host_table() {
  static const runar_host table = make_table();
  return table;
}

}  // namespace runard::plugin_host
