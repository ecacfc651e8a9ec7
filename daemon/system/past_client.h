// PastClient: asks the "$events" of other nodes for pages of their past.
//
// A node that does not know the subscription yet (its announcement is still on the way) is asked
// again, with growing pauses, until kTimeout; one that has no "$events" answers kNoService.
//
// Threads: ask() any; the rest on the strand, where `done` runs too. Lifetime: outlives every
// reply.
#pragma once

#include <map>

#include "core/executor.h"
#include "rpc/handler.h"
#include "rpc/past.h"

namespace runard::system {

class PastClient final : private rpc::Completion {
 public:
  using Done = core::UniqueFunction<void(core::Result<rpc::PastPage>)>;
  static constexpr core::Duration kTimeout = std::chrono::seconds(5);
  static constexpr core::Duration kFirstPause = std::chrono::milliseconds(5);
  static constexpr core::Duration kLongestPause = std::chrono::milliseconds(200);

  // `payload_limit`: this node takes no larger answer.
  PastClient(core::Executor& strand, const core::Clock& clock, std::uint64_t payload_limit)
      : strand_(strand), clock_(clock), payload_limit_(payload_limit) {}

  // One page from `node`, which is behind `peer`. Errors: those of the peer and of the way there,
  // kMalformedFrame.
  void ask(rpc::Handler& peer, const core::NodeId& node, rpc::PastQuery query, Done done);

 private:
  struct Job {
    rpc::Handler* peer = nullptr;
    core::NodeId node;
    rpc::PastQuery query;
    Done done;
    core::TimePoint deadline{};
    core::Duration pause = kFirstPause;
  };
  void begin(Job job);
  void send(std::uint64_t number);
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;
  void answered(std::uint64_t number, const core::Result<rpc::Payload>& answer);

  core::Executor& strand_;
  const core::Clock& clock_;
  const std::uint64_t payload_limit_;
  std::map<std::uint64_t, Job> jobs_;
  std::uint64_t last_ = 0;
};

}  // namespace runard::system
