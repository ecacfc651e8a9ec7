// RemotePast: gets the retained events of other nodes for subscriptions that include the past.
//
// Each such subscription asks each node that it shares its network with: those linked when it
// begins, others when their link comes up, one that was lost again when it is back, since then for
// what the subscription has not had. Pages come newest first, until the queue's limits or
// kMaxBytes are reached or kTimeout is over; the queue puts them in order. A node that can't answer
// has no past, and its live events go on. kParallel questions are out at once, kPerNode to one
// node, the others wait.
//
// Threads: any, one mutex. Lifetime: outlives every question it asked.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/function.h"
#include "policy/gate.h"
#include "pubsub/queue.h"
#include "routing/topic_pattern.h"
#include "rpc/past.h"
#include "rpc/payload_codec.h"

namespace runard::pubsub {

// The way to the other nodes. Declared here, implemented over the links.
class PastPeers {
 public:
  using Done = core::UniqueFunction<void(core::Result<rpc::PastPage>)>;
  virtual ~PastPeers() = default;
  // One page. `done` comes once, never inside the call. Any thread.
  virtual void ask_past(const core::NodeId& node, rpc::PastQuery query, Done done) = 0;
};

// A sealed event that was kept on node `source`, opened; null: it was changed, or there is no
// codec.
rpc::EventPtr open_stored(rpc::PayloadCodec* codec, const rpc::EventPtr& event,
                          const core::NodeId& source);

class RemotePast {
 public:
  static constexpr std::size_t kParallel = 8;
  static constexpr std::size_t kPerNode = 2;
  static constexpr std::size_t kMaxPages = 64;
  static constexpr std::uint64_t kMaxBytes = 16U << 20;  // of one node, for one subscription
  static constexpr core::Duration kTimeout = std::chrono::seconds(10);

  explicit RemotePast(const core::Clock& clock) : clock_(clock) {}
  void set_peers(PastPeers* peers);
  void set_codec(rpc::PayloadCodec* codec) { codec_ = codec; }
  // Whose events may be heard: what was denied when it was published is denied when it is told of.
  void set_gate(const policy::Gate* gate) { gate_ = gate; }

  // From now on the queue is asked for; what the nodes publish stays in the queue until then. The
  // questions go out with start(), when the subscription has been announced.
  void watch(const std::shared_ptr<Queue>& queue, const routing::TopicPattern& pattern);
  void start();

  // `run` tells one run of a node from the next; `networks`: those in common, by this node's names.
  void peer_up(const core::NodeId& node, std::uint64_t run, std::vector<std::string> networks);
  void peer_down(const core::NodeId& node);

 private:
  struct Watch {
    std::weak_ptr<Queue> queue;
    routing::TopicPattern pattern;
    core::TimePoint since;  // nothing older
  };
  struct Peer {
    std::uint64_t run = 0;
    std::vector<std::string> networks;
  };
  // One subscription's question to one node, with what came of it so far, newest first.
  struct Ask {
    std::shared_ptr<const Watch> watch;
    core::NodeId node;
    std::uint64_t number = 0;  // the queue's
    core::TimePoint deadline{};
    std::uint64_t before = 0;
    std::size_t pages = 0;
    std::vector<rpc::EventPtr> events;
    std::uint64_t bytes = 0;
    std::uint64_t omitted = 0;
  };
  using AskPtr = std::shared_ptr<Ask>;

  void expect_locked(const std::shared_ptr<const Watch>& watch, const core::NodeId& node,
                     const Peer& peer);
  AskPtr next_locked();
  bool send(const AskPtr& ask);
  void answered(const AskPtr& ask, const core::Result<rpc::PastPage>& page);
  static bool is_full(const Ask& ask, const rpc::SubscribeOptions& options);
  bool may_tell(const Ask& ask, const rpc::StoredEvent& event) const;
  bool same_rights(std::uint64_t version, const core::NodeId& node) const;
  bool take(Ask& ask, const rpc::SubscribeOptions& options, const rpc::PastPage& page) const;
  void finish(const AskPtr& ask);

  const core::Clock& clock_;
  rpc::PayloadCodec* codec_ = nullptr;
  const policy::Gate* gate_ = nullptr;
  std::mutex mutex_;  // protects all below
  PastPeers* peers_ = nullptr;
  std::list<std::shared_ptr<const Watch>> watches_;
  std::map<core::NodeId, Peer> up_;
  std::list<AskPtr> waiting_;
  std::map<core::NodeId, std::size_t> running_;
  std::size_t running_total_ = 0;
};

}  // namespace runard::pubsub
