// Action: one registered action of an instance, as its plugin described it.
#pragma once

#include <runar/plugin.h>

#include <atomic>
#include <string>

#include "registry/rows.h"

namespace runard::plugin_host {

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
};

}  // namespace runard::plugin_host
