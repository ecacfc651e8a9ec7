#include "plugin_host/tasks.h"

#include <algorithm>

#include "plugin_host/barrier.h"
#include "plugin_host/ids.h"
#include "plugin_host/instance.h"
#include "plugin_host/runtime.h"

namespace runard::plugin_host {

Tasks::Tasks(Runtime& runtime, std::uint32_t capacity)
    : runtime_(runtime), table_(capacity), timers_(runtime.clock, *this) {}

// Counts the task; null when the table is full.
TaskSlot* Tasks::open(Context& context, TaskSlot::Kind kind) {
  const auto opened = table_.open();
  if (opened.value == nullptr) {
    context.task_done();
    return nullptr;
  }
  TaskSlot& slot = *opened.value;
  slot.owner.store(&context, std::memory_order_relaxed);
  slot.armed.store(0, std::memory_order_relaxed);
  slot.tasks = this;
  slot.id = opened.id;
  slot.kind = kind;
  return &slot;
}

runar_status Tasks::post(Context& context, core::Duration delay, runar_task_fn on_due, void* user,
                         runar_id* out) {
  if (const runar_status refused = context.begin_task(runtime_.limits.instance_tasks);
      refused != RUNAR_OK) {
    return refused;
  }
  TaskSlot* const slot = open(context, TaskSlot::Kind::kPosted);
  if (slot == nullptr) {
    return RUNAR_E_BUSY;
  }
  slot->on_due = on_due;
  slot->user = user;
  if (out != nullptr) {
    *out = make_id(slot->id, IdKind::kTask);
  }
  if (delay.count() <= 0) {
    table_.publish(slot->id);
    context.instance().strand().post(*slot);
    return RUNAR_OK;
  }
  const core::SlotId id = slot->id;
  const core::TimePoint due = runtime_.clock.now() + std::min(delay, kMaxDelay);
  slot->due = due;
  slot->armed.store(id);
  table_.publish(id);
  timers_.arm(due, id);
  if (slot->armed.load() != id) {  // cancelled meanwhile: nobody else would take the timer back
    timers_.disarm(due, id);
  }
  return RUNAR_OK;
}

TaskSlot* Tasks::reserve_receipt(Context& context) {
  return context.begin_task(runtime_.limits.instance_tasks) == RUNAR_OK
             ? open(context, TaskSlot::Kind::kReceipt)
             : nullptr;
}

void Tasks::post_receipt(TaskSlot& slot, const runar_receipt& receipt, runar_receipt_fn on_receipt,
                         void* user) {
  slot.receipt = receipt;
  slot.on_receipt = on_receipt;
  slot.user = user;
  table_.publish(slot.id);
  slot.owner.load(std::memory_order_relaxed)->instance().strand().post(slot);
}

void Tasks::notify_cancelled(Context& context, runar_id request) {
  context.add_task();
  // With the table full nobody is told; request_state still does.
  if (TaskSlot* const slot = open(context, TaskSlot::Kind::kCancelled)) {
    slot->request = request;
    table_.publish(slot->id);
    context.instance().strand().post(*slot);
  }
}

void TaskSlot::run() noexcept {
  tasks->run(*this);
}

void Tasks::run(TaskSlot& slot) {
  Context& context = *slot.owner.load(std::memory_order_relaxed);
  // Somebody else claimed it: it was cancelled.
  const bool cancelled = table_.claim(slot.id) == nullptr || context.closing();
  const runar_status why = cancelled ? RUNAR_E_CANCELLED : RUNAR_OK;
  const TaskSlot::Kind kind = slot.kind;
  const runar_task_fn on_due = slot.on_due;
  const runar_receipt_fn on_receipt = slot.on_receipt;
  const runar_receipt receipt = slot.receipt;
  const runar_id request = slot.request;
  void* const user = slot.user;
  table_.close(slot.id);
  runar_ctx* const raw = Context::to_abi(&context);
  switch (kind) {
    case TaskSlot::Kind::kPosted:
      call_plugin(context, {&context, nullptr, "task", 0}, [&] { on_due(user, raw, why); });
      break;
    case TaskSlot::Kind::kReceipt:
      call_plugin(context, {&context, nullptr, "receipt", 0},
                  [&] { on_receipt(user, raw, &receipt); });
      break;
    case TaskSlot::Kind::kCancelled:
      tell_cancelled(context, request);
      break;
  }
  context.task_done();
}

void Tasks::tell_cancelled(Context& context, runar_id request) {
  runtime_.calls.cancel_children(context, request);
  context.instance().hear_cancelled(request);
}

void Tasks::timer_due(std::uint64_t id) noexcept {
  TaskSlot* const slot = table_.peek(id);
  core::SlotId expected = id;
  // The one who clears `armed` owns the way to the strand, so the slot can't change hands.
  if (slot != nullptr && slot->armed.compare_exchange_strong(expected, 0)) {
    slot->owner.load(std::memory_order_relaxed)->instance().strand().post(*slot);
  }
}

runar_status Tasks::cancel(Context& context, runar_id id) {
  TaskSlot* const slot = table_.peek(slot_of(id));
  if (slot == nullptr || slot->owner.load(std::memory_order_relaxed) != &context) {
    return RUNAR_E_STALE;
  }
  if (table_.claim(slot_of(id)) == nullptr) {
    return RUNAR_E_STALE;
  }
  core::SlotId expected = slot_of(id);
  if (slot->armed.compare_exchange_strong(expected, 0)) {
    timers_.disarm(slot->due, slot_of(id));
    context.instance().strand().post(*slot);
  }
  return RUNAR_OK;
}

void Tasks::cancel_all(Context& context) {
  table_.for_each_open([&](core::SlotId id, TaskSlot& slot) {
    if (slot.owner.load(std::memory_order_relaxed) == &context) {
      cancel(context, make_id(id, IdKind::kTask));
    }
  });
}

}  // namespace runard::plugin_host
