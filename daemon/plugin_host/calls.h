// Calls: the requests that plugins make. Owns them until on_reply has run, exactly once.
//
// A call with RUNAR_CALL_DIRECT may be answered while start() is still inside the daemon. The reply
// is then laid aside and on_reply runs at the end of start(), when the callee has returned and
// holds none of its locks, on the caller's strand if that can be had at once. In every other case
// on_reply is queued to the caller's strand. Threading: any. No lock; no allocation for small
// replies that come inside a direct call.
#pragma once

#include <runar/plugin.h>

#include <atomic>
#include <string>

#include "core/slot_table.h"
#include "plugin_host/context.h"
#include "plugin_host/strand.h"
#include "rpc/handler.h"

namespace runard::plugin_host {

class Calls;

struct CallSlot final : StrandTask {
  void run() noexcept override;  // gives the kept reply to the plugin

  // For whoever shows an id.
  std::atomic<Context*> owner{nullptr};
  std::atomic<runar_id> parent{0};
  std::atomic<rpc::Ticket> ticket{0};
  std::atomic<bool> cancelled{false};
  // Who still needs the slot: start() and the reply's way to the strand.
  std::atomic<std::uint32_t> users{0};
  // For the one who claims it.
  Calls* calls = nullptr;
  core::SlotId id = 0;
  runar_reply_fn on_reply = nullptr;
  void* user = nullptr;
  rpc::Reply reply;     // payload owned
  std::string message;  // what reply.message points at
};

// A call that start() is still inside of, on its thread's stack.
struct DirectCall {
  core::SlotId id = 0;
  DirectCall* outer = nullptr;
  core::ByteView sent;  // the request's bytes: they outlive the call, so a reply may point there
  bool answered = false;
  rpc::Reply reply;
  std::string long_message;
  char message[256];
  std::uint8_t bytes[1024];

  void keep(const rpc::Reply& arrived);
};

struct CallStart {
  runar_reply_fn on_reply = nullptr;
  void* user = nullptr;
  runar_id parent = 0;
  runar_id* out = nullptr;
};

class Calls final : public rpc::Completion {
 public:
  Calls(Runtime& runtime, std::uint32_t capacity) : runtime_(runtime), table_(capacity) {}

  runar_status start(Context& context, const rpc::Request& request, const CallStart& call);
  // on_reply still runs, with CANCELLED.
  runar_status cancel(Context& context, runar_id id);
  void cancel_all(Context& context);
  void cancel_children(Context& context, runar_id parent);
  std::uint32_t open_count() const { return table_.open_count(); }

  // rpc::Completion: replies, from any thread.
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;

 private:
  friend struct CallSlot;
  void enter_daemon(CallSlot& slot, core::SlotId id, const rpc::Request& request);
  void finish_direct(Context& context, CallSlot& slot, const DirectCall& direct);
  void cancel_claimed(CallSlot& slot);
  void post(CallSlot& slot, const rpc::Reply& reply);
  void release(CallSlot& slot);

  Runtime& runtime_;
  core::SlotTable<CallSlot> table_;
};

}  // namespace runard::plugin_host
