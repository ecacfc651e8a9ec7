#include "plugin_host/context.h"

#include "plugin_host/instance.h"
#include "plugin_host/runtime.h"

namespace runard::plugin_host {

Context* Context::from_abi(runar_ctx* raw) {
  auto* const context = reinterpret_cast<Context*>(raw);
  return context != nullptr && context->magic_ == kMagic ? context : nullptr;
}

rpc::Ticket Context::call(const rpc::Request& request, const rpc::Responder& responder) {
  const std::uint64_t before = gate_.fetch_add(1, std::memory_order_acq_rel);
  const auto reason = static_cast<core::Errc>(before >> kReasonShift);
  if (reason == core::Errc{} && static_cast<std::uint32_t>(before) < request_limit_) {
    return instance_->serve(request, responder);
  }
  request_done();
  refuse(responder, reason == core::Errc{} ? core::Errc::kOverloaded : reason, label_->service);
  return 0;
}

void Context::cancel(rpc::Ticket ticket) {
  if (enter()) {
    runtime_.requests.cancel(*this, ticket);
    leave();
  }
}

void Context::set_gate(core::Errc reason) {
  std::uint64_t word = gate_.load();
  while (!gate_.compare_exchange_weak(
      word, (static_cast<std::uint64_t>(reason) << kReasonShift) | (word & UINT32_MAX))) {
  }
}

bool Context::change_gate(core::Errc from, core::Errc to) {
  std::uint64_t word = gate_.load();
  do {
    if (static_cast<core::Errc>(word >> kReasonShift) != from) {
      return false;
    }
  } while (!gate_.compare_exchange_weak(
      word, (static_cast<std::uint64_t>(to) << kReasonShift) | (word & UINT32_MAX)));
  return true;
}

// Counted first, then looked at closing_: whoever closes sees the count, or we see that it closes.
runar_status Context::begin(std::atomic<std::uint32_t>& counter, std::uint32_t limit) {
  const std::uint32_t before = counter.fetch_add(1, std::memory_order_seq_cst);
  const bool closing = closing_.load(std::memory_order_seq_cst);
  if (!closing && before < limit) {
    return RUNAR_OK;
  }
  counter.fetch_sub(1, std::memory_order_acq_rel);
  return closing ? RUNAR_E_STOPPING : RUNAR_E_BUSY;
}

// On the strand, closing needs no fence: whoever closes looks at the strand as well (Life), finds
// it busy, or idle with our count in sight, or idle before we came, and then we see that it closes.
runar_status Context::begin_call(std::uint32_t limit, bool on_strand) {
  if (open_calls() >= limit) {
    return closing() ? RUNAR_E_STOPPING : RUNAR_E_BUSY;
  }
  if (!on_strand) {
    return begin(calls_, UINT32_MAX);
  }
  if (closing()) {
    return RUNAR_E_STOPPING;
  }
  add_on_strand(1);
  return RUNAR_OK;
}

void Context::call_not_begun(bool on_strand) {
  if (on_strand) {
    add_on_strand(-1);
  } else {
    calls_.fetch_sub(1, std::memory_order_acq_rel);
  }
}

bool Context::enter() {
  const std::uint32_t before = holds_.fetch_add(1, std::memory_order_acq_rel);
  if ((before & kRetired) == 0) {
    return true;
  }
  leave();
  return false;
}

bool Context::quiet() const {
  return open_requests() == 0 && open_calls() == 0 && tasks_.load() == 0 && holds_.load() == 0;
}

bool Context::retire() {
  std::uint32_t none = 0;
  return holds_.compare_exchange_strong(none, kRetired);
}

}  // namespace runard::plugin_host
