#include "pubsub/broker.h"

#include <algorithm>
#include <map>

#include "routing/topic_path.h"
#include "routing/topic_pattern.h"

namespace runard::pubsub {
namespace {

rpc::Receipt refused(core::Errc code, std::string about) {
  return {code, 0, std::move(about)};
}

rpc::EventPtr store(const rpc::Event& event) {
  auto stored = std::make_shared<rpc::StoredEvent>();
  stored->network = event.network;
  stored->topic = event.topic;
  stored->payload = event.payload.keep();
  stored->meta.reserve(event.meta.size());
  for (const rpc::Pair& pair : event.meta) {
    stored->meta.emplace_back(pair.key, pair.value);
  }
  stored->published = event.published;
  stored->source = event.source;
  stored->owner = event.owner;
  stored->publisher = event.publisher;
  stored->instance = event.instance;
  stored->sequence = event.sequence;
  stored->flags = event.flags;
  return stored;
}

}  // namespace

// Who gets one event.
struct Broker::Targets {
  std::vector<std::shared_ptr<Queue>> queues;
  std::vector<registry::EventPeer>
      peers;  // groups: those this peer was chosen for; "" among them: ungrouped
};

Broker::Broker(registry::Registry& registry, const core::Clock& clock, std::uint64_t epoch,
               std::uint64_t seed)
    : registry_(registry),
      clock_(clock),
      epoch_(epoch),
      remote_past_(clock),
      index_(seed),
      snapshot_(std::make_shared<Index>(index_.share())) {}

void Broker::set_peers(EventPeers* peers) {
  peers_.store(peers, std::memory_order_release);
  remote_past_.set_peers(peers);
}

Broker::Shard& Broker::shard_of(std::string_view topic) {
  return shards_[std::hash<std::string_view>{}(topic) % kShards];
}

Broker::Targets Broker::targets_of(const rpc::Event& event, const rpc::PublishOptions& options) {
  Targets targets;
  std::set<std::string> groups;
  const std::uint32_t turn = group_turn_.fetch_add(1, std::memory_order_relaxed);
  if (options.target.is_zero() || options.target == registry_.self()) {
    add_local_targets(event, turn, targets, groups);
  }
  if ((event.flags & rpc::kRemoteEvent) == 0 && options.broadcast) {
    add_peers(event, options, turn, targets, groups);
  }
  return targets;
}

void Broker::add_local_targets(const rpc::Event& event, std::uint32_t turn, Targets& targets,
                               std::set<std::string>& groups) {
  const bool remote = (event.flags & rpc::kRemoteEvent) != 0;
  std::map<std::string_view, Queues> members;
  const auto index = snapshot_.read();
  index->for_each_match({event.network, event.topic},
                        [&](const Index::Entry& entry, const routing::Captures&) {
                          for (const auto& queue : *entry.value) {
                            const std::string& group = queue->options().group;
                            if (!group.empty()) {
                              members[group].push_back(queue);
                            } else if (!remote || event.ungrouped) {
                              targets.queues.push_back(queue);
                            }
                          }
                        });
  for (const auto& [group, queues] : members) {
    if (!remote ||
        std::find(event.groups.begin(), event.groups.end(), group) != event.groups.end()) {
      targets.queues.push_back(queues[turn % queues.size()]);
      groups.emplace(group);
    }
  }
}

void Broker::add_peers(const rpc::Event& event, const rpc::PublishOptions& options,
                       std::uint32_t turn, Targets& targets,
                       const std::set<std::string>& local_groups) {
  std::map<std::string, std::vector<std::size_t>>
      members;  // group -> places of peers with a member
  for (const registry::EventPeer& peer :
       registry_.table()->event_peers({event.network, event.topic})) {
    if (!options.target.is_zero() && options.target != peer.node) {
      continue;
    }
    targets.peers.push_back({peer.node, {}});
    for (const std::string& group : peer.groups) {
      if (group.empty()) {
        targets.peers.back().groups.emplace_back();
      } else if (!local_groups.contains(group)) {
        members[group].push_back(targets.peers.size() - 1);
      }
    }
  }
  for (const auto& [group, places] : members) {
    targets.peers[places[turn % places.size()]].groups.push_back(group);
  }
  std::erase_if(targets.peers, [](const registry::EventPeer& peer) { return peer.groups.empty(); });
}

bool Broker::reserve_all(const Targets& targets, std::size_t bytes) {
  for (std::size_t i = 0; i < targets.queues.size(); ++i) {
    if (targets.queues[i]->options().overflow != rpc::Overflow::kBlock ||
        targets.queues[i]->reserve(bytes)) {
      continue;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (targets.queues[j]->options().overflow == rpc::Overflow::kBlock) {
        targets.queues[j]->unreserve(bytes);
      }
    }
    return false;
  }
  return true;
}

rpc::Receipt Broker::publish(const rpc::Event& event, const rpc::PublishOptions& options) {
  if (options.guaranteed) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return refused(core::Errc::kNotInThisVersion, "guaranteed delivery is not in this version");
  }
  std::optional<routing::TopicPath> parsed;
  auto path = routing::view_topic(event.topic, event.network);
  if (!path) {
    auto canonical = routing::TopicPath::parse(event.topic, event.network);
    if (!canonical) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return refused(core::Errc::kBadTopic, canonical.error().about);
    }
    parsed = std::move(*canonical);
    path = routing::TopicView{parsed->network(), parsed->path()};
  }
  if (std::find(registry_.networks().begin(), registry_.networks().end(), path->network) ==
      registry_.networks().end()) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return refused(core::Errc::kDenied,
                   "this node is not a member of network \"" + std::string(path->network) + "\"");
  }
  if (path->path.starts_with('$') && !options.system) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return refused(core::Errc::kReservedPath, "topics that begin with $ belong to the system");
  }
  rpc::Event own = event;
  own.network = path->network;
  own.topic = path->path;
  const auto sealed = seal(own, options);
  if (!sealed) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return refused(sealed.error().code, sealed.error().about);
  }
  return hand_over(own, options, *sealed);
}

// Who gets it is found out under the mutex: a subscription that looks at what is retained either
// finds the event there or is among those.
rpc::Receipt Broker::hand_over(const rpc::Event& event, const rpc::PublishOptions& options,
                               const SealedForms& sealed) {
  const std::size_t bytes = event.payload.bytes.size();
  Shard& shard = shard_of(event.topic);
  const std::lock_guard lock(shard.mutex);
  const Targets targets = targets_of(event, options);
  if (!reserve_all(targets, bytes)) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return refused(core::Errc::kBackpressure, "a subscriber that may not lose events has no room");
  }
  rpc::Event own = event;
  if ((own.flags & rpc::kRemoteEvent) == 0) {
    const std::uint64_t fresh =
        (epoch_ << 32) | next_instance_.fetch_add(1, std::memory_order_relaxed);
    const auto stamp = shard.topics.next(own.network, own.topic, own.publisher, fresh);
    own.instance = stamp.instance;
    own.sequence = stamp.sequence;
    own.published = clock_.wall();
  }
  rpc::Receipt receipt;
  const bool retained = options.retain_for > core::Duration{0};
  if (!targets.queues.empty() || retained) {
    const rpc::EventPtr stored = store(own);
    for (const auto& queue : targets.queues) {
      if (queue->push(stored, own.flags, queue->options().overflow == rpc::Overflow::kBlock)) {
        ++receipt.reached;
      }
    }
    if (retained && sealed.kept) {
      auto kept = std::make_shared<rpc::StoredEvent>(*stored);
      kept->payload = *sealed.kept;
      retain(kept, options, shard);
    } else if (retained) {
      retain(stored, options, shard);
    }
  }
  if (sealed.live) {
    own.payload = *sealed.live;
  }
  const Spread spread = send_to_peers(own, targets);
  if (spread.no_room > 0 && spread.sent == 0 && targets.queues.empty() && !retained) {
    shard.topics.take_back(own.network, own.topic, own.publisher);  // nobody has seen it
    refused_.fetch_add(1, std::memory_order_relaxed);
    return refused(core::Errc::kBackpressure, "no node that wants it has room");
  }
  published_.fetch_add(1, std::memory_order_relaxed);
  delivered_.fetch_add(receipt.reached, std::memory_order_relaxed);
  sent_.fetch_add(spread.sent, std::memory_order_relaxed);
  peer_losses_.fetch_add(spread.no_room + spread.no_link, std::memory_order_relaxed);
  receipt.reached += spread.sent;
  return receipt;
}

void Broker::retain(const rpc::EventPtr& event, const rpc::PublishOptions& options, Shard& shard) {
  const core::TimePoint now = clock_.now();
  const std::uint64_t serial = last_serial_.fetch_add(1, std::memory_order_relaxed) + 1;
  shard.topics.retain(
      {event, now, now + options.retain_for, serial, options.broadcast, options.target});
}

Broker::Spread Broker::send_to_peers(const rpc::Event& event, const Targets& targets) {
  Spread spread;
  EventPeers* peers = peers_.load(std::memory_order_acquire);
  if (peers == nullptr) {
    return spread;
  }
  for (const registry::EventPeer& peer : targets.peers) {
    rpc::Event copy = event;
    std::vector<std::string_view> groups;
    copy.ungrouped = false;
    for (const std::string& group : peer.groups) {
      if (group.empty()) {
        copy.ungrouped = true;
      } else {
        groups.emplace_back(group);
      }
    }
    copy.groups = groups;
    switch (peers->send(peer.node, copy)) {
      case EventPeers::Sent::kSent:
        ++spread.sent;
        break;
      case EventPeers::Sent::kNoRoom:
        ++spread.no_room;
        break;
      case EventPeers::Sent::kNoLink:
        ++spread.no_link;
        break;
    }
  }
  return spread;
}

core::Result<std::shared_ptr<rpc::EventQueue>> Broker::subscribe(rpc::SubscribeOptions options,
                                                                 rpc::EventConsumer& consumer) {
  const auto pattern = routing::TopicPattern::parse(options.pattern, options.network);
  if (!pattern) {
    return pattern.error();
  }
  options.network = pattern->network();
  options.pattern = pattern->pattern();
  const auto& networks = registry_.networks();
  if (std::find(networks.begin(), networks.end(), options.network) == networks.end()) {
    return core::fail(core::Errc::kDenied,
                      "this node is not a member of network \"" + options.network + "\"");
  }
  const bool past = options.include_past > core::Duration{0};
  const registry::SubscriptionRow row{options.network, options.pattern, options.group};
  const bool announce = options.announce && !pattern->is_system();
  auto queue = std::make_shared<Queue>(std::move(options), consumer);
  const std::uint64_t own_past = past ? queue->expect({}, 0) : 0;
  if (past && announce) {
    remote_past_.watch(queue, *pattern);
  }
  change_queues(*pattern, [&](Queues& queues) { queues.push_back(queue); });
  if (announce) {
    registry_.add_subscription(row);
  }
  if (past) {
    replay_own_past(*queue, own_past, *pattern);
    remote_past_.start();
  }
  auto* raw = queue.get();
  return std::shared_ptr<rpc::EventQueue>(
      raw, [this, announce, row, queue = std::move(queue)](rpc::EventQueue*) {
        unsubscribe(queue);
        if (announce) {
          registry_.remove_subscription(row);
        }
      });
}

template <class Change>
void Broker::change_queues(const routing::TopicPattern& pattern, Change change) {
  const std::lock_guard lock(mutex_);
  const auto* known = index_.find(pattern);
  auto queues = std::make_shared<Queues>(known == nullptr ? Queues{} : **known);
  subscriptions_ -= queues->size();
  change(*queues);
  subscriptions_ += queues->size();
  if (queues->empty()) {
    index_.remove(pattern);
  } else if (!index_.replace(pattern, queues)) {
    // Refused only past the trie's limit of a million patterns.
    (void)index_.insert(pattern, queues);
  }
  snapshot_.publish(std::make_shared<Index>(index_.share()));
}

void Broker::unsubscribe(const std::shared_ptr<Queue>& queue) {
  queue->detach();
  const auto pattern =
      routing::TopicPattern::parse(queue->options().pattern, queue->options().network);
  change_queues(*pattern, [&](Queues& queues) { std::erase(queues, queue); });
}

void Broker::expire() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.topics.expire(clock_.now());
  }
}

void Broker::stop() {
  const std::lock_guard lock(mutex_);
  index_.for_each([](const Index::Entry& entry) {
    for (const auto& queue : *entry.value) {
      queue->close();
    }
  });
}

Stats Broker::stats() const {
  const std::lock_guard lock(mutex_);
  return {published_.load(), refused_.load(),     delivered_.load(),
          sent_.load(),      peer_losses_.load(), subscriptions_};
}

}  // namespace runard::pubsub
