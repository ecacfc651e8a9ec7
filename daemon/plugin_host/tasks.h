// Tasks: what runs on an instance's strand later: posted tasks and timers of the plugin, receipts
// of its events, and word of cancelled requests.
//
// A task of the plugin runs exactly once: with RUNAR_OK when it is due, or with CANCELLED when it
// was cancelled or the service has stopped. Threading: any.
#pragma once

#include <runar/plugin.h>

#include <atomic>

#include "core/slot_table.h"
#include "plugin_host/context.h"
#include "plugin_host/strand.h"
#include "plugin_host/timers.h"

namespace runard::plugin_host {

class Tasks;

struct TaskSlot final : StrandTask {
  enum class Kind : std::uint8_t { kPosted, kReceipt, kCancelled };
  void run() noexcept override;

  // For whoever shows an id.
  std::atomic<Context*> owner{nullptr};
  std::atomic<core::SlotId> armed{0};  // the id itself while its timer runs; who clears it posts it
  // For the one who posts it.
  Tasks* tasks = nullptr;
  core::SlotId id = 0;
  Kind kind = Kind::kPosted;
  core::TimePoint due{};
  runar_task_fn on_due = nullptr;
  runar_receipt_fn on_receipt = nullptr;
  void* user = nullptr;
  runar_receipt receipt{};
  runar_id request = 0;
};

class Tasks final : public TimerSink {
 public:
  // Longer delays are cut: a year is for ever.
  static constexpr core::Duration kMaxDelay = std::chrono::hours(24 * 365);

  Tasks(Runtime& runtime, std::uint32_t capacity);

  runar_status post(Context& context, core::Duration delay, runar_task_fn on_due, void* user,
                    runar_id* out);
  // Room for one receipt, which post_receipt() has to fill; null when there is none.
  TaskSlot* reserve_receipt(Context& context);
  void post_receipt(TaskSlot& slot, const runar_receipt& receipt, runar_receipt_fn on_receipt,
                    void* user);
  // Tells the service, and cancels what it calls for that request.
  void notify_cancelled(Context& context, runar_id request);

  runar_status cancel(Context& context, runar_id id);
  void cancel_all(Context& context);
  void start() { timers_.start(); }  // before any task
  void stop() { timers_.stop(); }

  void timer_due(std::uint64_t id) noexcept override;

 private:
  friend struct TaskSlot;
  TaskSlot* open(Context& context, TaskSlot::Kind kind);
  void run(TaskSlot& slot);
  void tell_cancelled(Context& context, runar_id request);

  Runtime& runtime_;
  core::SlotTable<TaskSlot> table_;
  Timers timers_;
};

}  // namespace runard::plugin_host
