// Runtime: what all instances of one host share. Lives as long as the last thread that may still be
// stuck inside a plugin.
#pragma once

#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/executor.h"
#include "core/log.h"
#include "plugin_host/blocking_pool.h"
#include "plugin_host/calls.h"
#include "plugin_host/events.h"
#include "plugin_host/limits.h"
#include "plugin_host/ports.h"
#include "plugin_host/queued_request.h"
#include "plugin_host/requests.h"
#include "plugin_host/rest.h"
#include "plugin_host/tasks.h"
#include "plugin_host/thread_list.h"
#include "plugin_host/workers.h"

namespace runard::plugin_host {

struct Runtime {
  Runtime(const core::Clock& clock_in, core::Log log_in, Ports ports_in, const Limits& limits_in,
          const Workers::Options& worker_options)
      : clock(clock_in),
        log(std::move(log_in)),
        ports(ports_in),
        limits(limits_in),
        workers(worker_options, threads),
        blocking(limits.blocking_threads, threads),
        requests(*this, limits.requests),
        queued(limits.requests),
        calls(*this, limits.calls),
        tasks(*this, limits.tasks),
        events(limits.events) {}

  // The host goes: whoever is still inside a plugin is left behind there.
  void abandon_contexts() {
    for (const auto& context : contexts) {
      context->abandon();
    }
  }

  const core::Clock& clock;
  const core::Log log;
  const Ports ports;
  const Limits limits;
  ThreadList threads;
  Rest rest;  // the watchdog's
  Workers workers;
  BlockingPool blocking;
  Requests requests;
  core::SlotTable<QueuedRequest> queued;
  Calls calls;
  Tasks tasks;
  core::SlotTable<EventSlot> events;
  // Tombstones, see Context. One for each life, so it only grows. Of the control strand.
  std::vector<std::unique_ptr<Context>> contexts;
};

}  // namespace runard::plugin_host
