// InboundEvents: events from peers, into the local queues. A lane whose event finds no room in a
// blocking subscription stands still, and is tried again every kRetry, so that its credit stays
// with the subscriber. What the peer may not publish goes no further. I/O strand only.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "core/executor.h"
#include "policy/gate.h"
#include "rpc/broker.h"
#include "transport/link_core.h"

namespace runard::node {

class InboundEvents final : public transport::EventSink {
 public:
  static constexpr core::Duration kRetry = std::chrono::milliseconds(5);
  using Resume = std::function<void(transport::LinkId link, std::uint64_t lane)>;

  // `codec` opens what is sealed; null: such events are dropped.
  struct Seams {
    rpc::Broker& broker;
    const policy::Gate& gate;
    rpc::PayloadCodec* codec;
  };
  InboundEvents(const Seams& seams, core::Executor& strand, Resume resume)
      : broker_(seams.broker),
        gate_(seams.gate),
        strand_(strand),
        codec_(seams.codec),
        resume_(std::move(resume)) {}
  ~InboundEvents() override;

  Taken event(transport::LinkId link, std::uint64_t lane, const rpc::Event& event,
              const wire::EventHeader& header, std::span<const std::string_view> groups) override;
  void lane_over(transport::LinkId link, std::uint64_t lane) override;

 private:
  void arm();
  using Lane = std::pair<transport::LinkId, std::uint64_t>;
  bool open(const Lane& lane, rpc::Event& event);

  rpc::Broker& broker_;
  const policy::Gate& gate_;
  core::Executor& strand_;
  rpc::PayloadCodec* const codec_;
  const Resume resume_;
  std::set<Lane> standing_;
  std::map<Lane, rpc::Payload> opened_;  // of the event that a standing lane begins with
  core::TimerId timer_ = 0;
};

}  // namespace runard::node
