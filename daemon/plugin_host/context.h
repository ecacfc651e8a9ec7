// Context: what a plugin's runar_ctx points at, and what the registry routes requests to.
//
// One for each life of a service instance (a restarted service gets a new one). Its memory is given
// back only with the host, so a plugin's thread that shows it too late reads a tombstone. It counts
// what keeps the instance alive and decides who may come in.
// Threading: any, lock-free.
#pragma once

#include <runar/plugin.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "core/errors.h"
#include "core/log.h"
#include "policy/allowance.h"
#include "rpc/handler.h"

namespace runard::plugin_host {

class Instance;
struct Runtime;

// What a service is called in logs. Shared by all lives of a service.
struct Label {
  std::string plugin;                              // "math"
  std::string network;                             // "main"
  std::string path;                                // where it is mounted: "math"
  std::string service;                             // "main:math"
  core::Log log;                                   // carries plugin and service
  std::shared_ptr<const policy::Allowance> allow;  // null: everything
  // Places of the plugin's own messages in the log's rate limit.
  std::array<char, 256> log_keys{};
};

struct ContextCounters {
  std::atomic<std::uint64_t> stale_answers{0};  // double or late
  std::atomic<std::uint64_t> abandoned{0};      // requests that were never answered
  std::atomic<std::uint64_t> exceptions{0};
  std::atomic<std::uint64_t> misuses{0};  // refused host calls
};

class Context final : public rpc::Handler {
 public:
  Context(Runtime& runtime, std::shared_ptr<const Label> label)
      : runtime_(runtime), label_(std::move(label)) {}

  static runar_ctx* to_abi(Context* context) { return reinterpret_cast<runar_ctx*>(context); }
  // Null when it can't be one of ours.
  static Context* from_abi(runar_ctx* raw);

  Runtime& runtime() const { return runtime_; }
  const Label& label() const { return *label_; }
  // Valid while something is counted below, and on its strand.
  Instance& instance() const { return *instance_; }
  void bind(Instance* instance, bool hears_cancel) {
    instance_ = instance;
    hears_cancel_ = hears_cancel;
  }
  // Whether its type has the `cancelled` hook.
  bool hears_cancel() const { return hears_cancel_; }

  // rpc::Handler: requests for this instance.
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket ticket) override;

  // The gate for requests. Closed with a reason, which is what callers are told.
  void set_gate(core::Errc reason);  // Errc{}: open
  // Changes the reason only if it is `from`.
  bool change_gate(core::Errc from, core::Errc to);
  core::Errc gate() const { return static_cast<core::Errc>(gate_.load() >> kReasonShift); }
  void set_request_limit(std::uint32_t limit) { request_limit_ = limit; }
  std::uint32_t open_requests() const { return static_cast<std::uint32_t>(gate_.load()); }
  void request_done() { gate_.fetch_sub(1, std::memory_order_acq_rel); }

  // What the instance has begun. RUNAR_E_BUSY: the limit is reached; STOPPING: it is closing.
  // Calls end on the strand, and mostly begin there: what is counted there costs no locked
  // instruction. Only the sum of the two counters means something. Threads that begin calls at the
  // same moment may pass the limit by one each.
  runar_status begin_call(std::uint32_t limit, bool on_strand);
  void call_done() { add_on_strand(-1); }
  void call_not_begun(bool on_strand);
  runar_status begin_task(std::uint32_t limit) { return begin(tasks_, limit); }
  void add_task() { tasks_.fetch_add(1); }  // the host's own, beyond the limit
  void task_done() { tasks_.fetch_sub(1, std::memory_order_acq_rel); }
  std::uint32_t open_calls() const {
    // In this order: an end that is seen here has its begin seen below, so the sum is never too
    // low.
    const std::int32_t on_strand = calls_on_strand_.load(std::memory_order_acquire);
    return static_cast<std::uint32_t>(on_strand) + calls_.load();
  }
  std::uint32_t open_tasks() const { return tasks_.load(); }

  // Threads that are inside a host function, and requests that wait for their turn.
  bool enter();                                                    // false: the instance is gone
  void hold() { holds_.fetch_add(1, std::memory_order_acq_rel); }  // by one who is in already
  void leave() { holds_.fetch_sub(1, std::memory_order_acq_rel); }
  bool retired() const { return (holds_.load(std::memory_order_acquire) & kRetired) != 0; }

  // Buffers that wrap the plugin's memory and are still referred to.
  void wrapped(int change) { wrapped_.fetch_add(change, std::memory_order_acq_rel); }
  bool has_wrapped() const { return wrapped_.load(std::memory_order_acquire) != 0; }

  // Stopping, in this order: no new calls, tasks and subscriptions; then, once nothing is counted,
  // nobody comes in any more.
  void close() { closing_.store(true); }
  bool closing() const { return closing_.load(); }
  bool quiet() const;
  bool retire();
  // The host goes; a thread that is still inside the plugin must not come back into the daemon.
  void abandon() {
    holds_.fetch_or(kRetired);
    abandoned_.store(true);
  }
  bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }

  ContextCounters counters;

 private:
  static constexpr std::uint64_t kMagic = 0x52554e41524d5848;
  static constexpr int kReasonShift = 32;
  static constexpr std::uint32_t kRetired = 1U << 31;

  void add_on_strand(std::int32_t change) {
    calls_on_strand_.store(calls_on_strand_.load(std::memory_order_relaxed) + change,
                           std::memory_order_release);
  }
  runar_status begin(std::atomic<std::uint32_t>& counter, std::uint32_t limit);

  const std::uint64_t magic_ = kMagic;
  Runtime& runtime_;
  const std::shared_ptr<const Label> label_;
  Instance* instance_ = nullptr;
  bool hears_cancel_ = false;
  std::uint32_t request_limit_ = 1;
  std::atomic<bool> closing_{false};
  std::atomic<bool> abandoned_{false};
  // reason << 32 | requests that were let in and not answered
  alignas(64) std::atomic<std::uint64_t> gate_{
      static_cast<std::uint64_t>(core::Errc::kServiceStopping) << kReasonShift};
  std::atomic<std::int32_t> calls_on_strand_{0};  // begun there, minus those that ended
  std::atomic<std::uint32_t> calls_{0};           // begun elsewhere
  std::atomic<std::uint32_t> tasks_{0};
  std::atomic<std::uint32_t> holds_{0};
  std::atomic<int> wrapped_{0};
};

}  // namespace runard::plugin_host
