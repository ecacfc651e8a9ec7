#include "plugin_host/barrier.h"

#include <unistd.h>

#include "plugin_host/action.h"
#include "plugin_host/runtime.h"

namespace runard::plugin_host {

void park() noexcept {
  for (;;) {
    ::pause();
  }
}

void enter_plugin_code(Context& context) noexcept {
  context.runtime().rest.enter();
}

void report_exception(Context& context, const Frame& frame, const char* text) noexcept {
  if (context.abandoned()) {
    park();  // the log is gone as well
  }
  context.counters.exceptions.fetch_add(1, std::memory_order_relaxed);
  context.label().log.error(
      "the plugin let an exception out",
      {core::field("in", frame.what),
       core::field("action", frame.action == nullptr ? "" : frame.action->row.pattern),
       core::field("request", std::to_string(frame.request)), core::field("exception", text)});
}

}  // namespace runard::plugin_host
