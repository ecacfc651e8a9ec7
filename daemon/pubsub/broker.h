// Broker: publish and subscribe on this node, and the hand-over of local events to other nodes.
//
// Order: events of one publisher on one topic reach each queue in the order of their publish()
// calls; topics are independent. publish() never waits: a subscription with Overflow::kBlock and no
// room makes it answer kBackpressure before anybody got the event, and so does an event that only
// peers want of which none has room. For an event that came over a link that answer holds up its
// lane (node/peer_links.h): topics that share the lane wait, too. One copy goes to each node that
// wants the topic, naming the groups it is for (more copies only when it has very many). A group
// gets an event once: a member on this node is preferred, else one remote member in turn. What
// queues hold and what is retained is the daemon's own memory; a payload that its publisher lent
// out is copied for that. Lifetime: outlives every reference to a queue that it gave. Threads: any.
// A publish takes one of kShards mutexes, chosen by topic, for the length of the hand-over.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "policy/gate.h"
#include "pubsub/remote_past.h"
#include "pubsub/targets.h"
#include "pubsub/topic_store.h"
#include "registry/registry.h"
#include "rpc/payload_codec.h"

namespace runard::pubsub {

// Events to other nodes. Declared here, implemented over the links.
class EventPeers : public PastPeers {
 public:
  enum class Sent : std::uint8_t {
    kSent,
    kNoRoom,  // what waits for that node is as much as may wait
    kNoLink,
    kUnfit,  // no message to another node can hold it
  };
  // `event.groups` and `event.ungrouped` say for whom the copy is. Any thread.
  virtual Sent send(core::NodeId node, const rpc::Event& event) = 0;
  // That node's version knows sealed payloads.
  virtual bool opens_sealed(const core::NodeId&) { return true; }
};

struct Stats {
  std::uint64_t published = 0;
  std::uint64_t refused = 0;
  std::uint64_t delivered = 0;    // into local queues, but for what was lost there later
  std::uint64_t lost = 0;         // by local subscriptions: see EventQueue::dropped()
  std::uint64_t sent = 0;         // to peers
  std::uint64_t peer_losses = 0;  // a peer without room or link, while others got it, or part of it
  std::size_t subscriptions = 0;
};

class Broker final : public rpc::Broker, public rpc::Past {
 public:
  static constexpr std::uint64_t kPageBytes = 1U << 20;  // of retained events; one may be larger
  static constexpr std::uint64_t kPageEvents = 1024;
  // Groups that one copy names: by number, and by the bytes after which no more are added.
  static constexpr std::size_t kCopyGroups = 64;
  static constexpr std::size_t kCopyGroupBytes = 1536;

  // `epoch` makes publisher instances differ between runs of this node; `seed`: see
  // routing::RouteTrie.
  Broker(registry::Registry& registry, const core::Clock& clock, std::uint64_t epoch,
         std::uint64_t seed);
  void set_peers(EventPeers* peers);
  // What has private fields is sealed once, for all peers, and kept sealed. Null: nothing is
  // private. Before anything is published; outlives the broker's use.
  void set_codec(rpc::PayloadCodec* codec) {
    codec_ = codec;
    remote_past_.set_codec(codec);
  }
  // The rules of who may publish, and who may be sent what; none before. Before the first event.
  void set_gate(const policy::Gate& gate) {
    gate_ = &gate;
    remote_past_.set_gate(&gate);
  }
  // A node is linked, or no more: whom subscriptions ask for the past. See RemotePast.
  void peer_up(const core::NodeId& node, std::uint64_t run, std::vector<std::string> networks) {
    remote_past_.peer_up(node, run, std::move(networks));
  }
  void peer_down(const core::NodeId& node) { remote_past_.peer_down(node); }

  rpc::Receipt publish(const rpc::Event& event, const rpc::PublishOptions& options) override;
  core::Result<std::shared_ptr<rpc::EventQueue>> subscribe(rpc::SubscribeOptions options,
                                                           rpc::EventConsumer& consumer) override;
  core::Result<rpc::PastPage> past(const rpc::PastQuery& query, const core::NodeId& asker) override;
  // Forgets retained events whose time is over. Call now and then.
  void expire();
  // Closes every queue.
  void stop();
  Stats stats() const;
  // How many events each subscriber has lost, by its name; of those that lost any.
  using Losses = std::map<std::string, std::uint64_t, std::less<>>;
  Losses losses() const;

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kSystemTopics = 1024;  // of a shard
  static constexpr std::size_t kSystemBytes = 1U << 20;
  struct alignas(64) Shard {
    TopicStore& store_of(std::string_view topic) {
      return topic.starts_with('$') ? system : topics;
    }

    mutable std::mutex mutex;  // protects what follows
    TopicStore topics;
    // Of $ topics: what other nodes make the system tell never displaces what services keep.
    TopicStore system{kSystemTopics, kSystemBytes};
    Stats counts;  // of events on its topics
  };

  Shard& shard_of(std::string_view topic);
  // An event's payload as others get it, and as it is kept; unset: as it is.
  struct SealedForms {
    std::optional<rpc::Payload> live;
    std::optional<rpc::Payload> kept;
  };
  core::Result<SealedForms> seal(const rpc::Event& event, const rpc::PublishOptions& options);
  rpc::EventPtr open_kept(const rpc::EventPtr& event);
  rpc::Receipt hand_over(rpc::Event& event, const rpc::PublishOptions& options,
                         const SealedForms& sealed);
  void stamp(rpc::Event& event, Shard& shard);
  void retain(const rpc::EventPtr& event, const rpc::PublishOptions& options, Shard& shard);
  bool may_receive(const core::NodeId& node, routing::TopicView topic) const {
    return gate_ == nullptr || gate_->allows(node, policy::Action::kSubscribe, topic);
  }
  bool denied_here(const rpc::Event& event, const rpc::PublishOptions& options,
                   routing::TopicView topic) const;
  static bool reserve_all(const Targets::Queues& queues, std::size_t bytes);
  struct Spread {  // among peers
    std::uint32_t sent = 0;
    std::uint32_t no_room = 0;
    std::uint32_t no_link = 0;
    std::uint32_t unfit = 0;
  };
  struct Copies {  // to one peer
    EventPeers::Sent last;
    bool begun;
  };
  static Copies send_to(EventPeers& peers, rpc::Event& event, const Targets::Peer& peer);
  Spread send_to_peers(rpc::Event& event, const Targets::Peers& to);
  void replay_own_past(Queue& queue, std::uint64_t number, const routing::TopicPattern& pattern);
  template <class May>
  std::vector<TopicStore::Kept> retained(const routing::TopicPattern& pattern, core::Duration age,
                                         May may);
  void unsubscribe(const std::shared_ptr<Queue>& queue);
  template <class Change>
  void change_queues(const routing::TopicPattern& pattern, Change change);

  registry::Registry& registry_;
  const core::Clock& clock_;
  const std::uint64_t epoch_;
  std::atomic<EventPeers*> peers_{nullptr};
  rpc::PayloadCodec* codec_ = nullptr;
  const policy::Gate* gate_ = nullptr;
  std::atomic<std::uint64_t> next_instance_{1};
  std::atomic<std::uint32_t> group_turn_{0};
  std::atomic<std::uint64_t> last_serial_{0};  // of a retained event
  RemotePast remote_past_;
  std::array<Shard, kShards> shards_;
  mutable std::mutex mutex_;  // protects all below but the snapshot
  QueueIndex index_;
  std::size_t subscriptions_ = 0;
  Losses ended_losses_;                // of subscriptions that are no more
  std::uint64_t ended_overtaken_ = 0;  // see Queue::overtaken()
  routing::Snapshot<QueueIndex> snapshot_;
  std::atomic<std::uint64_t> refused_{0};  // before a shard was chosen
};

}  // namespace runard::pubsub
