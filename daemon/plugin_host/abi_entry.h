// Entry: what every host function does first: find out whose runar_ctx it was given.
//
// While an Entry lives, the instance does. Costs nothing when the caller is inside a call of that
// instance (on its strand or in a handler), else one count.
#pragma once

#include "plugin_host/context.h"
#include "plugin_host/instance.h"
#include "plugin_host/runtime.h"
#include "plugin_host/thread_context.h"

namespace runard::plugin_host {

class Entry {
 public:
  explicit Entry(runar_ctx* raw) : context_(Context::from_abi(raw)) {
    if (context_ == nullptr) {
      status_ = RUNAR_E_INVALID;
    } else if (this_thread().innermost() != context_) {
      counted_ = context_->enter();
      status_ = counted_ ? RUNAR_OK : RUNAR_E_STALE;
    } else if (context_->retired()) {
      status_ = RUNAR_E_STALE;
    }
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() {
    if (counted_) {
      context_->leave();
    }
  }

  explicit operator bool() const { return status_ == RUNAR_OK; }
  runar_status status() const { return status_; }
  Context& context() const { return *context_; }
  Instance& instance() const { return context_->instance(); }
  Runtime& runtime() const { return context_->runtime(); }

 private:
  Context* context_;
  runar_status status_ = RUNAR_OK;
  bool counted_ = false;
};

// Runs a host function's body: nothing that is thrown in the daemon gets into the plugin.
template <class F>
runar_status shielded(F&& f) noexcept {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return RUNAR_E_NO_MEMORY;
  } catch (...) {
    return RUNAR_E_INTERNAL;
  }
}

// Counts and logs that a plugin used the ABI wrongly, and hands the status back. `what`: a literal.
runar_status misuse(Context& context, const char* what, runar_status status);

}  // namespace runard::plugin_host
