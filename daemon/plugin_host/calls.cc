#include "plugin_host/calls.h"

#include <cstring>

#include "plugin_host/abi_values.h"
#include "plugin_host/barrier.h"
#include "plugin_host/instance.h"
#include "plugin_host/runtime.h"
#include "plugin_host/status.h"

namespace runard::plugin_host {
namespace {

void deliver(Context& context, const CallStart& call, runar_id id, const rpc::Reply& reply) {
  const std::string served_by = reply.served_by.is_zero() ? "" : reply.served_by.text();
  runar_reply view{};
  view.struct_size = sizeof view;
  view.status = status_of(reply);
  view.executed = static_cast<std::uint32_t>(reply.executed);
  view.message = to_abi(reply.message);
  view.payload = to_abi(reply.payload);
  view.served_by = to_abi(served_by);
  call_plugin(context, {&context, nullptr, "reply", 0},
              [&] { call.on_reply(call.user, Context::to_abi(&context), id, &view); });
}

bool lies_within(core::ByteView inner, core::ByteView outer) {
  return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

DirectCall* find_direct(core::SlotId id) {
  DirectCall* call = this_thread().direct_calls;
  while (call != nullptr && call->id != id) {
    call = call->outer;
  }
  return call;
}

}  // namespace

void DirectCall::keep(const rpc::Reply& arrived) {
  answered = true;
  reply = arrived;
  if (arrived.message.size() > sizeof message) {
    long_message = arrived.message;
    reply.message = long_message;
  } else if (!arrived.message.empty()) {
    std::memcpy(message, arrived.message.data(), arrived.message.size());
    reply.message = {message, arrived.message.size()};
  }
  const core::ByteView borrowed = arrived.payload.bytes;
  if (arrived.payload.owner || borrowed.empty() || lies_within(borrowed, sent)) {
    return;
  }
  if (borrowed.size() > sizeof bytes) {
    reply.payload = arrived.payload.keep();
  } else {
    std::memcpy(bytes, borrowed.data(), borrowed.size());
    reply.payload.bytes = {bytes, borrowed.size()};
  }
}

runar_status Calls::start(Context& context, const rpc::Request& request, const CallStart& call) {
  const bool on_strand = context.instance().strand().held_by_this_thread();
  if (const runar_status refused = context.begin_call(runtime_.limits.instance_calls, on_strand);
      refused != RUNAR_OK) {
    return refused;
  }
  const auto opened = table_.open();
  if (opened.value == nullptr) {
    context.call_not_begun(on_strand);
    return RUNAR_E_BUSY;
  }
  CallSlot& slot = *opened.value;
  slot.owner.store(&context, std::memory_order_relaxed);
  slot.parent.store(call.parent, std::memory_order_relaxed);
  slot.ticket.store(0, std::memory_order_relaxed);
  slot.cancelled.store(false, std::memory_order_relaxed);
  slot.users.store(2, std::memory_order_relaxed);
  slot.calls = this;
  slot.id = opened.id;
  slot.on_reply = call.on_reply;
  slot.user = call.user;
  if (call.out != nullptr) {
    *call.out = make_id(opened.id, IdKind::kCall);
  }
  table_.publish(opened.id);
  enter_daemon(slot, opened.id, request);
  return RUNAR_OK;
}

void Calls::enter_daemon(CallSlot& slot, core::SlotId id, const rpc::Request& request) {
  const rpc::Responder responder{this, {id, 0, 0}};
  if ((request.flags & rpc::kDirect) == 0) {
    slot.ticket.store(runtime_.ports.calls.call(request, responder));
  } else {
    DirectCall direct;
    direct.id = id;
    direct.outer = this_thread().direct_calls;
    direct.sent = request.payload.bytes;
    this_thread().direct_calls = &direct;
    const rpc::Ticket ticket = runtime_.ports.calls.call(request, responder);
    this_thread().direct_calls = direct.outer;
    if (direct.answered) {
      finish_direct(*slot.owner.load(std::memory_order_relaxed), slot, direct);
      return;
    }
    slot.ticket.store(ticket);
  }
  if (slot.cancelled.load()) {  // by a thread that saw no ticket yet
    runtime_.ports.calls.cancel(slot.ticket.load());
  }
  release(slot);
}

void Calls::finish_direct(Context& context, CallSlot& slot, const DirectCall& direct) {
  ThreadContext& thread = this_thread();
  Strand& strand = context.instance().strand();
  const bool is_worker =
      thread.role() == ThreadRole::kWorker || thread.role() == ThreadRole::kBlocking;
  const bool on_strand = strand.held_by_this_thread();
  if (!is_worker || !thread.has_room() || !(on_strand || strand.try_enter())) {
    slot.users.store(1);
    post(slot, direct.reply);
    return;
  }
  const CallStart call{slot.on_reply, slot.user, 0, nullptr};
  table_.close(direct.id);
  deliver(context, call, make_id(direct.id, IdKind::kCall), direct.reply);
  context.call_done();
  if (!on_strand) {
    strand.leave();  // the last: from here on the instance may go
  }
}

void Calls::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  CallSlot* const slot = table_.claim(cookie[0]);
  if (slot == nullptr) {
    return;
  }
  if (DirectCall* const direct = find_direct(cookie[0])) {
    direct->keep(reply);
  } else {
    post(*slot, reply);
  }
}

void Calls::post(CallSlot& slot, const rpc::Reply& reply) {
  slot.reply = reply;
  slot.reply.payload = reply.payload.keep();
  slot.message = reply.message;
  slot.reply.message = slot.message;
  slot.owner.load(std::memory_order_relaxed)->instance().strand().post(slot);
}

void CallSlot::run() noexcept {
  Context& context = *owner.load(std::memory_order_relaxed);
  deliver(context, {on_reply, user, 0, nullptr}, make_id(id, IdKind::kCall), reply);
  calls->release(*this);
  context.call_done();
}

void Calls::release(CallSlot& slot) {
  if (slot.users.fetch_sub(1) == 1) {
    slot.reply = {};
    slot.message.clear();
    table_.close(slot.id);
  }
}

runar_status Calls::cancel(Context& context, runar_id id) {
  CallSlot* const slot = table_.peek(slot_of(id));
  if (slot == nullptr || slot->owner.load(std::memory_order_relaxed) != &context ||
      table_.claim(slot_of(id)) == nullptr) {
    return RUNAR_E_STALE;
  }
  cancel_claimed(*slot);
  return RUNAR_OK;
}

void Calls::cancel_claimed(CallSlot& slot) {
  slot.cancelled.store(true);
  if (const rpc::Ticket ticket = slot.ticket.load(); ticket != 0) {
    runtime_.ports.calls.cancel(ticket);
  }
  rpc::Reply reply;
  reply.code = core::Errc::kCancelled;
  reply.executed = core::Executed::kUnknown;
  post(slot, reply);
}

void Calls::cancel_all(Context& context) {
  table_.for_each_open([&](core::SlotId id, CallSlot& slot) {
    if (slot.owner.load(std::memory_order_relaxed) == &context) {
      cancel(context, make_id(id, IdKind::kCall));
    }
  });
}

void Calls::cancel_children(Context& context, runar_id parent) {
  table_.for_each_open([&](core::SlotId id, CallSlot& slot) {
    if (slot.owner.load(std::memory_order_relaxed) == &context &&
        slot.parent.load(std::memory_order_relaxed) == parent) {
      cancel(context, make_id(id, IdKind::kCall));
    }
  });
}

}  // namespace runard::plugin_host
