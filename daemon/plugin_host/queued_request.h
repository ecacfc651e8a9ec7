// QueuedRequest: a request that could not run at once: an owned copy, waiting for its turn on the
// strand or in a lane.
//
// Pooled: its memory is used again. Lifetime: from queue to the end of run(), whatever becomes of
// the request meanwhile.
#pragma once

#include <runar/plugin.h>

#include <string>
#include <vector>

#include "core/slot_table.h"
#include "plugin_host/lane.h"
#include "plugin_host/strand.h"
#include "rpc/handler.h"

namespace runard::plugin_host {

struct Action;
class Context;

class QueuedRequest final : public StrandTask, public LaneTask {
 public:
  // False: no memory for the payload.
  bool fill(Context& context, Action& action, runar_id id, const rpc::Request& request);
  void run() noexcept override;
  void run_in_lane() noexcept override { run(); }

  core::SlotId pool_id = 0;

 private:
  static constexpr std::size_t kKeptText = 4096;  // more is given back after use

  std::string_view keep(std::string_view text);
  std::span<const rpc::Pair> keep(std::span<const rpc::Pair> pairs, std::size_t first);

  Context* context_ = nullptr;
  Action* action_ = nullptr;
  runar_id id_ = 0;
  std::string text_;
  std::vector<rpc::Pair> pairs_;
  rpc::Request request_;  // views into text_ and pairs_
};

}  // namespace runard::plugin_host
