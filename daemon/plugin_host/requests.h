// Requests: the table of requests that services have been handed and have not answered.
//
// Each is answered exactly once: by the service, or, when it gives no answer, by the reaper a grace
// after the deadline, or by the end of the instance. Answers find their request by a
// generation-checked id, so a double or late one is refused and counted, whichever thread it comes
// from. No lock, no allocation after warm-up.
#pragma once

#include <runar/plugin.h>

#include <array>
#include <atomic>

#include "core/slot_table.h"
#include "plugin_host/action.h"
#include "plugin_host/context.h"
#include "plugin_host/ids.h"
#include "rpc/handler.h"

namespace runard::plugin_host {

struct RequestSlot {
  // For whoever shows an id.
  std::atomic<Context*> owner{nullptr};
  std::atomic<core::SlotId> cancelled{0};  // the id that was cancelled: older ones do no harm
  std::atomic<std::int64_t> deadline_ns{0};
  std::atomic<std::uint64_t> trace{0};
  std::array<std::atomic<std::uint64_t>, 2> profile{};  // of the caller
  std::atomic<bool> has_calls{false};
  std::atomic<bool> acted{false};  // its handler has published, or called as nobody's child
  // For the one who claims it.
  rpc::Responder responder;
  Action* action = nullptr;
  core::TimePoint began{};   // only when its latency counts,
  std::uint32_t weight = 0;  // for so many; 0: it does not
  // For the reaper.
  core::SlotId seen_cancelled = 0;
};

// What a nested call takes over from the request it serves.
struct Inherited {
  core::TimePoint deadline = core::kNever;
  std::uint64_t trace = 0;
  core::ProfileId profile;  // for whom it asks, verified; zero: nobody
};

class Requests {
 public:
  // How long after its deadline a request may still be answered.
  static constexpr core::Duration kGrace = std::chrono::seconds(1);

  Requests(Runtime& runtime, std::uint32_t capacity) : runtime_(runtime), table_(capacity) {}

  // The request was let in by the context's gate. 0: the table is full. Nobody can answer or cancel
  // it before publish().
  runar_id open(Context& context, Action& action, const rpc::Request& request,
                const rpc::Responder& responder);
  void publish(runar_id id) { table_.publish(slot_of(id)); }
  // Takes back what was not published.
  void abandon(runar_id id) { table_.abandon(slot_of(id)); }

  bool is_open(runar_id id) { return table_.is_open(slot_of(id)); }
  // Answers it. False: it is not open (any more), or not this instance's. Work that was done too
  // late for its caller is counted and named in the log; a late failure may be a callee's.
  bool answer(Context& context, runar_id id, const rpc::Reply& reply);
  // RUNAR_OK while somebody waits, else CANCELLED, TIMEOUT or STALE.
  runar_status state(const Context& context, runar_id id);
  runar_status inherit(const Context& context, runar_id id, Inherited& out);
  // The handler that runs on this thread does something that others see: from now on no failure of
  // its request says that nothing was done.
  void note_acted(const Context& context);

  // The caller is gone. The id still takes an answer, which nobody will see.
  void cancel(Context& context, runar_id id);
  // Answers all of one instance; those that wait for their turn were not executed.
  void fail_all(Context& context, core::Errc code);
  // Answers what no one else will. Called from time to time by one thread.
  void reap(core::TimePoint now);
  std::uint32_t open_count() const { return table_.open_count(); }

 private:
  RequestSlot* find(const Context& context, runar_id id);
  // The action that was answered; null: somebody else was faster.
  Action* finish(core::SlotId id, const rpc::Reply& reply);
  Action* end(core::SlotId id, RequestSlot& slot, const rpc::Reply& reply);
  static void tell_late(Context& context, const Action& action, core::SlotId id,
                        core::Duration late);
  bool is_overdue(RequestSlot& slot, core::SlotId id, core::TimePoint now);
  void reap_one(core::SlotId id, Context& context, bool cancelled);

  Runtime& runtime_;
  core::SlotTable<RequestSlot> table_;
};

// Answers a request that was not let in.
void refuse(const rpc::Responder& responder, core::Errc code, std::string_view about);

}  // namespace runard::plugin_host
