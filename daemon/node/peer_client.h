// PeerClient: asks system services of other nodes over their links, and brings the answers back to
// the control strand.
//
// ask() on the control strand; complete() on any thread. Lifetime: outlives every reply.
#pragma once

#include <map>
#include <string>

#include "core/executor.h"
#include "core/function.h"
#include "rpc/handler.h"

namespace runard::node {

class PeerClient final : private rpc::Completion {
 public:
  struct Question {
    core::NodeId node;
    std::string network;
    std::string path;
    core::Bytes body;  // CBOR, or empty
    core::Duration patience{};
  };
  using Answered = core::UniqueFunction<void(core::Result<core::Bytes>)>;

  PeerClient(core::Executor& strand, const core::Clock& clock) : strand_(strand), clock_(clock) {}

  // `peer`: the handler of its link.
  void ask(rpc::Handler& peer, const Question& question, Answered answered);

 private:
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;
  void answered(std::uintptr_t number, core::Result<core::Bytes> answer);

  core::Executor& strand_;
  const core::Clock& clock_;
  std::map<std::uintptr_t, Answered> open_;
  std::uintptr_t last_ = 0;
};

}  // namespace runard::node
