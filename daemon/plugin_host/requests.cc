#include "plugin_host/requests.h"

#include <bit>

#include "plugin_host/runtime.h"

namespace runard::plugin_host {

void refuse(const rpc::Responder& responder, core::Errc code, std::string_view about) {
  rpc::Reply reply;
  reply.code = code;
  reply.executed = core::Executed::kNo;
  reply.message = about;
  responder(reply);
}

namespace {

// How many requests this one's latency stands for.
std::uint32_t weight_of(const Action& action, const rpc::Request& request) {
  if ((request.flags & rpc::kDirect) == 0) {
    return 1;  // it crosses threads, beside which a look at the clock is nothing
  }
  const std::uint64_t number = action.requests.load(std::memory_order_relaxed);
  return number % ActionLatency::kSample == 0 ? ActionLatency::kSample : 0;
}

}  // namespace

runar_id Requests::open(Context& context, Action& action, const rpc::Request& request,
                        const rpc::Responder& responder) {
  const auto opened = table_.open();
  if (opened.value == nullptr) {
    return 0;
  }
  RequestSlot& slot = *opened.value;
  slot.owner.store(&context, std::memory_order_relaxed);
  slot.deadline_ns.store(request.deadline.time_since_epoch().count(), std::memory_order_relaxed);
  slot.trace.store(request.trace, std::memory_order_relaxed);
  const auto profile = std::bit_cast<std::array<std::uint64_t, 2>>(request.caller.profile.bytes);
  slot.profile[0].store(profile[0], std::memory_order_relaxed);
  slot.profile[1].store(profile[1], std::memory_order_relaxed);
  slot.has_calls.store(false, std::memory_order_relaxed);
  slot.acted.store(false, std::memory_order_relaxed);
  slot.responder = responder;
  slot.action = &action;
  slot.weight = weight_of(action, request);
  if (slot.weight != 0) {
    slot.began = runtime_.clock.now();
  }
  return make_id(opened.id, IdKind::kRequest, action.number);
}

RequestSlot* Requests::find(const Context& context, runar_id id) {
  if (kind_of(id) != IdKind::kRequest) {
    return nullptr;
  }
  RequestSlot* const slot = table_.peek(slot_of(id));
  return slot != nullptr && slot->owner.load(std::memory_order_relaxed) == &context ? slot
                                                                                    : nullptr;
}

Action* Requests::finish(core::SlotId id, const rpc::Reply& reply) {
  RequestSlot* const slot = table_.claim(id);
  if (slot == nullptr) {
    return nullptr;
  }
  if (reply.executed == core::Executed::kNo && (slot->has_calls.load(std::memory_order_relaxed) ||
                                                slot->acted.load(std::memory_order_relaxed))) {
    rpc::Reply unsure = reply;
    unsure.executed = core::Executed::kUnknown;
    return end(id, *slot, unsure);
  }
  return end(id, *slot, reply);
}

void Requests::tell_late(Context& context, const Action& action, core::SlotId id,
                         core::Duration late) {
  context.counters.stale_answers.fetch_add(1, std::memory_order_relaxed);
  context.label().log.warn("an answer came after its deadline",
                           {core::field("action", action.row.pattern),
                            core::field("request", std::to_string(make_id(id, IdKind::kRequest))),
                            core::field("ms", late / std::chrono::milliseconds(1))});
}

// The slot is claimed by us.
Action* Requests::end(core::SlotId id, RequestSlot& slot, const rpc::Reply& reply) {
  Context& context = *slot.owner.load(std::memory_order_relaxed);
  const rpc::Responder responder = slot.responder;
  Action& action = *slot.action;
  if (slot.weight != 0) {
    const core::TimePoint now = runtime_.clock.now();
    action.latency.record(now - slot.began, slot.weight);
    const core::Duration deadline(slot.deadline_ns.load(std::memory_order_relaxed));
    if (reply.ok() && now.time_since_epoch() > deadline) [[unlikely]] {
      tell_late(context, action, id, now.time_since_epoch() - deadline);
    }
  }
  table_.close(id);
  if (action.max_concurrency != 0) {
    action.open.fetch_sub(1, std::memory_order_relaxed);
  }
  if (!reply.ok()) {
    action.failures.fetch_add(1, std::memory_order_relaxed);
  }
  responder(reply);
  context.request_done();  // the last: from here on the instance may go
  return &action;
}

bool Requests::answer(Context& context, runar_id id, const rpc::Reply& reply) {
  // Between find() and finish() the slot may change hands; then finish() refuses the id.
  if (find(context, id) == nullptr) {
    return false;
  }
  return finish(slot_of(id), reply) != nullptr;
}

runar_status Requests::state(const Context& context, runar_id id) {
  RequestSlot* const slot = find(context, id);
  if (slot == nullptr) {
    return RUNAR_E_STALE;
  }
  const bool cancelled = slot->cancelled.load() == slot_of(id);
  const std::int64_t deadline = slot->deadline_ns.load(std::memory_order_relaxed);
  if (!table_.is_open(slot_of(id))) {
    return RUNAR_E_STALE;
  }
  if (cancelled) {
    return RUNAR_E_CANCELLED;
  }
  return deadline < runtime_.clock.now().time_since_epoch().count() ? RUNAR_E_TIMEOUT : RUNAR_OK;
}

runar_status Requests::inherit(const Context& context, runar_id id, Inherited& out) {
  RequestSlot* const slot = find(context, id);
  if (slot == nullptr) {
    return RUNAR_E_STALE;
  }
  // Before the look at `cancelled`: either we see the cancellation, or it sees that there are
  // calls.
  if (!slot->has_calls.load()) {
    slot->has_calls.store(true);
  }
  const bool cancelled = slot->cancelled.load() == slot_of(id);
  out.deadline = core::TimePoint(core::Duration(slot->deadline_ns.load(std::memory_order_relaxed)));
  out.trace = slot->trace.load(std::memory_order_relaxed);
  out.profile.bytes = std::bit_cast<decltype(out.profile.bytes)>(
      std::array{slot->profile[0].load(std::memory_order_relaxed),
                 slot->profile[1].load(std::memory_order_relaxed)});
  if (!table_.is_open(slot_of(id))) {
    return RUNAR_E_STALE;
  }
  return cancelled ? RUNAR_E_CANCELLED : RUNAR_OK;
}

void Requests::note_acted(const Context& context) {
  RequestSlot* const slot = find(context, this_thread().running());
  if (slot != nullptr && !slot->acted.load(std::memory_order_relaxed)) {
    slot->acted.store(true, std::memory_order_relaxed);
  }
}

void Requests::cancel(Context& context, runar_id id) {
  RequestSlot* const slot = find(context, id);
  if (slot == nullptr) {
    return;
  }
  const core::SlotId mine = slot_of(id);
  core::SlotId known = slot->cancelled.load();
  do {
    // Another thread may have cancelled it, or even a later user of the slot.
    if (known == mine || static_cast<std::int32_t>((known >> 32) - (mine >> 32)) > 0) {
      return;
    }
  } while (!slot->cancelled.compare_exchange_weak(known, mine));
  if (slot->has_calls.load() || context.hears_cancel()) {
    runtime_.tasks.notify_cancelled(context, id);
  }
}

void Requests::fail_all(Context& context, core::Errc code) {
  rpc::Reply reply;
  reply.code = code;
  reply.executed = core::Executed::kUnknown;
  reply.message = context.label().service;
  table_.for_each_open([&](core::SlotId id, RequestSlot& slot) {
    if (slot.owner.load(std::memory_order_relaxed) == &context) {
      finish(id, reply);
    }
  });
}

bool Requests::is_overdue(RequestSlot& slot, core::SlotId id, core::TimePoint now) {
  const std::int64_t deadline = slot.deadline_ns.load(std::memory_order_relaxed);
  if (deadline != core::kNever.time_since_epoch().count()) {
    return core::TimePoint(core::Duration(deadline)) + kGrace < now;
  }
  // Without a deadline it ends when it was seen cancelled at two looks.
  const bool cancelled = slot.cancelled.load() == id;
  const bool overdue = cancelled && slot.seen_cancelled == id;
  slot.seen_cancelled = cancelled ? id : 0;
  return overdue;
}

void Requests::reap(core::TimePoint now) {
  table_.for_each_open([&](core::SlotId id, RequestSlot& slot) {
    Context* const context = slot.owner.load(std::memory_order_relaxed);
    const bool cancelled = slot.cancelled.load() == id;
    if (is_overdue(slot, id, now) && table_.is_open(id) && context->enter()) {
      reap_one(id, *context, cancelled);
      context->leave();
    }
  });
}

void Requests::reap_one(core::SlotId id, Context& context, bool cancelled) {
  rpc::Reply reply;
  reply.code = cancelled ? core::Errc::kCancelled : core::Errc::kHandlerAbandoned;
  reply.executed = core::Executed::kUnknown;
  reply.message = context.label().service;
  if (const Action* const action = finish(id, reply)) {
    context.counters.abandoned.fetch_add(1, std::memory_order_relaxed);
    context.label().log.warn(
        "a request was never answered",
        {core::field("action", action->row.pattern),
         core::field("request", std::to_string(make_id(id, IdKind::kRequest)))});
  }
}

}  // namespace runard::plugin_host
