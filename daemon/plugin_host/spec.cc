#include "plugin_host/spec.h"

namespace runard::plugin_host {

std::string_view health_text(Health health) {
  constexpr std::string_view kNames[] = {"", "ok", "degraded"};
  return kNames[static_cast<std::size_t>(health)];
}

}  // namespace runard::plugin_host
