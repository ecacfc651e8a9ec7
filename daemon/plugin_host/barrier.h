// The plugin barrier: every call into a plugin goes through here.
//
// It marks the thread as being inside that code (for logs and the watchdog) and stops exceptions. A
// plugin must not let one out (plugin.h, UNWIND); when a C++ plugin does, and its runtime can
// unwind through ours, it is logged and the call counts as failed. Where unwinding can't get
// through (a noexcept or C frame, pthread_exit), the process ends, as it would in any program.
#pragma once

#include <exception>

#include "plugin_host/context.h"
#include "plugin_host/thread_context.h"

namespace runard::plugin_host {

[[noreturn]] void park() noexcept;
void enter_plugin_code(Context& context) noexcept;
void report_exception(Context& context, const Frame& frame, const char* text) noexcept;

// False: it threw.
template <class F>
bool call_plugin(Context& context, const Frame& frame, F&& f) noexcept {
  const FrameScope scope(frame);
  enter_plugin_code(context);
  bool returned = false;
  try {
    f();
    returned = true;
  } catch (const std::exception& e) {
    report_exception(context, frame, e.what());
  } catch (...) {
    report_exception(context, frame, "not a std::exception");
  }
  if (context.abandoned()) [[unlikely]] {
    park();
  }
  return returned;
}

}  // namespace runard::plugin_host
