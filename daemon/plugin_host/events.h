// EventSlot: one event that was handed to a service with RUNAR_SUB_MANUAL and waits for event_done.
#pragma once

#include <runar/plugin.h>

#include <atomic>
#include <memory>

#include "core/slot_table.h"
#include "plugin_host/context.h"
#include "plugin_host/strand.h"
#include "rpc/broker.h"

namespace runard::plugin_host {

struct EventSlot final : StrandTask {
  void run() noexcept override;  // passes the verdict on, on the strand

  // For whoever shows an id.
  std::atomic<Context*> owner{nullptr};
  // For the one who claims it.
  core::SlotId id = 0;
  std::weak_ptr<rpc::EventQueue> queue;  // gone when the subscription was removed meanwhile
  std::uint64_t token = 0;
  rpc::Verdict verdict = rpc::Verdict::kOk;
};

}  // namespace runard::plugin_host
