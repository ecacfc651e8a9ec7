// Action: one registered action of an instance, as its plugin described it.
#pragma once

#include <runar/plugin.h>

#include <atomic>
#include <string>

#include "core/latency_histogram.h"
#include "registry/rows.h"

namespace runard::plugin_host {

// How long an action's requests take, from their arrival to their answer. A look at the clock costs
// as much as a tenth of a direct call, so of those one in kSample is looked at.
class ActionLatency {
 public:
  static constexpr std::uint32_t kSample = 64;

  void record(core::Duration latency, std::uint64_t weight) {
    histogram_.record(latency, weight);
    const std::uint64_t before = recorded_.fetch_add(weight, std::memory_order_relaxed);
    if (before / kKept != (before + weight) / kKept) {
      histogram_.fade();
    }
  }
  core::Duration quantile(double share) const { return histogram_.quantile(share); }

 private:
  static constexpr std::uint64_t kKept = 1U << 20;  // after as many, older ones count half
  core::LatencyHistogram<3> histogram_;             // within 12.5 %
  std::atomic<std::uint64_t> recorded_{0};
};

struct Action {
  runar_id id = 0;           // the plugin's handle
  std::uint32_t number = 0;  // its place in the service's row, and rpc::Request::action
  registry::ActionRow row;
  std::uint32_t flags = 0;  // RUNAR_FN_*
  std::uint32_t max_concurrency = 0;
  runar_request_fn on_request = nullptr;
  void* user = nullptr;
  runar_free_fn drop_user = nullptr;

  std::atomic<bool> removed{false};    // while it was announced: refuses
  std::atomic<std::uint32_t> open{0};  // unanswered requests; counted only with max_concurrency
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failures{0};
  ActionLatency latency;
};

}  // namespace runard::plugin_host
