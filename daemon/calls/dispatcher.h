// Dispatcher: takes a request to a provider and sees to it that its caller hears exactly one
// answer, by its deadline.
//
// admission (payload limit, deadline) -> route -> provider, local first -> failover. A provider
// that refuses without having executed (paused, draining, overloaded, link lost before sending) is
// followed by the next one. The first terminal event wins: a reply, the deadline, or cancel().
//
// Threads: call(), cancel() and complete() on any thread; no lock, and no allocation for a call
// with one provider. A call that is answered before call() returns costs one copy of the request,
// one look at the clock, one look-up, and a slot that is opened, claimed and closed. Deadlines are
// swept on `executor` every kSweepInterval while calls are open, so they fire up to that much late.
// A sweep over the open calls stands in for DESIGN's timer wheel: arming costs the hot path
// nothing, and looking over the few calls that are pending at any time is cheaper than a wheel's
// bookkeeping for each call.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "calls/choice.h"
#include "calls/kept_request.h"
#include "core/executor.h"
#include "core/slot_table.h"
#include "policy/gate.h"
#include "registry/registry.h"

namespace runard::calls {

struct Options {
  // For a caller that gives no deadline and an action that has no time of its own.
  core::Duration default_timeout = std::chrono::seconds(5);
  std::uint64_t payload_limit = 4U << 20;
  std::uint32_t open_limit = 65536;  // calls in flight in this process
  // What this node may not call is denied even where nobody offers it. Null: no rules.
  const policy::Gate* gate = nullptr;
};

struct Stats {
  std::uint64_t calls = 0;  // since the start
  std::uint64_t failed = 0;
  std::uint64_t failovers = 0;
  std::uint64_t timeouts = 0;
  std::uint32_t open = 0;
};

class Dispatcher final : public rpc::Handler, private rpc::Completion {
 public:
  static constexpr core::Duration kSweepInterval = std::chrono::milliseconds(5);
  static constexpr std::uint32_t kMaxAttempts = 8;

  Dispatcher(Options options, const registry::Registry& registry, const core::Clock& clock,
             core::Executor& executor);
  ~Dispatcher() override;

  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket ticket) override;

  // From now on inbound requests are refused with kDraining, so that their callers go elsewhere.
  // Any thread.
  void drain() { draining_.store(true, std::memory_order_relaxed); }
  Stats stats() const;

 private:
  // An attempt has two ends: the frame that made it, and the reply. Each says that it is done; the
  // second of them goes on with the call, or closes its slot. They meet in Call::stage, or, when
  // the reply comes on the frame's own thread, in the Frame.
  enum Stage : std::uint32_t {
    kCalling,  // the frame is inside Handler::call
    kParked,   // the frame has left: whoever ends the call closes the slot
    kRefused,  // a refusal came while the frame was inside: the frame tries the next provider
    kDone,     // the caller was answered while the frame was inside: the frame closes the slot
  };
  struct Frame {
    const Dispatcher* dispatcher = nullptr;
    core::SlotId id = 0;
    Frame* outer = nullptr;  // the one around it on this thread
    Stage stage = kCalling;
  };

  struct Call {
    std::atomic<std::uint64_t> uses{0};  // how often the slot was opened; counted by its opener
    rpc::Responder caller;
    core::TimePoint began{};
    std::atomic<core::TimePoint::rep> deadline{0};
    std::atomic<std::uint32_t> stage{kCalling};
    std::atomic<std::uint32_t> attempt{0};  // from 1; late answers of older attempts are ignored
    // The id of a call that was cancelled between two attempts.
    std::atomic<core::SlotId> cancelled{0};
    std::atomic<rpc::Handler*> handler{nullptr};
    std::atomic<rpc::Ticket> ticket{0};
    std::array<rpc::Handler*, kMaxAttempts> tried{};
    bool has_others = false;  // this attempt's refusal is not final
    core::Error refusal;      // the last one
    KeptRequest kept;
  };

  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;
  core::Error nobody(const rpc::Request& request, bool known) const;
  // `request` is the dispatcher's own copy.
  rpc::Ticket run(core::SlotId id, Call& call, rpc::Request& request);
  Stage attempt(core::SlotId id, Call& call, rpc::Request& request, const Choice& choice);
  void enter(core::SlotId id, Call& call, const rpc::Request& request, rpc::Handler& handler);
  static Frame*& innermost();
  Frame* find_frame(core::SlotId id) const;
  bool end_attempt(core::SlotId id, Call& call, Stage stage);
  struct Refusal {
    core::Errc code{};
    const char* about = "";
  };
  Refusal admit(const rpc::Request& request, core::TimePoint now) const;
  void answer(core::SlotId id, Call& call, const rpc::Reply& reply);
  void give_up(core::SlotId id, Call& call, core::Error error);
  void close(core::SlotId id, Call& call);
  bool end_early(core::SlotId id, core::Errc code);
  void refuse(const rpc::Responder& responder, const Refusal& why) const;
  void arm_sweep();
  void sweep(core::TimePoint last_open);

  const Options options_;
  const registry::Registry& registry_;
  const core::Clock& clock_;
  core::Executor& executor_;
  core::SlotTable<Call> calls_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> sweeping_{false};
  std::shared_ptr<bool> alive_;  // false once the dispatcher is gone; a sweep may be posted still
  mutable std::atomic<std::uint64_t> refused_{0};  // calls that never got a slot
  mutable std::atomic<std::uint64_t> failed_{0}, failovers_{0}, timeouts_{0};
};

}  // namespace runard::calls
