#include "pubsub/broker.h"

#include <algorithm>

#include "routing/topic_path.h"
#include "routing/topic_pattern.h"

namespace runard::pubsub {
namespace {

rpc::Receipt refused(core::Errc code, std::string about) {
  return {code, 0, std::move(about)};
}

// A plugin's own memory is copied: nobody knows how long a queue or a later subscriber needs it,
// and its service can't be destroyed before it is given back.
rpc::Payload stored_payload(const rpc::Payload& given) {
  if (!given.owner || given.owner.block()->release == nullptr) {
    return given.keep();
  }
  rpc::Payload borrowed = rpc::Payload::borrow(given.bytes, given.encoding);
  borrowed.type = given.type;
  return borrowed.keep();
}

rpc::EventPtr store(const rpc::Event& event) {
  auto stored = std::make_shared<rpc::StoredEvent>();
  stored->network = event.network;
  stored->topic = event.topic;
  stored->payload = stored_payload(event.payload);
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

Broker::Broker(registry::Registry& registry, const core::Clock& clock, std::uint64_t epoch,
               std::uint64_t seed)
    : registry_(registry),
      clock_(clock),
      epoch_(epoch),
      remote_past_(clock),
      index_(seed),
      snapshot_(std::make_shared<QueueIndex>(index_.share())) {}

void Broker::set_peers(EventPeers* peers) {
  peers_.store(peers, std::memory_order_release);
  remote_past_.set_peers(peers);
}

Broker::Shard& Broker::shard_of(std::string_view topic) {
  return shards_[std::hash<std::string_view>{}(topic) % kShards];
}

bool Broker::reserve_all(const Targets::Queues& queues, std::size_t bytes) {
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (queues[i]->options().overflow != rpc::Overflow::kBlock || queues[i]->reserve(bytes)) {
      continue;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (queues[j]->options().overflow == rpc::Overflow::kBlock) {
        queues[j]->unreserve(bytes);
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
  if (denied_here(event, options, *path)) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return refused(core::Errc::kDenied, std::string(policy::kDeniedHere));
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

// An event of this node's own that other nodes would be sent and by its rules may not.
bool Broker::denied_here(const rpc::Event& event, const rpc::PublishOptions& options,
                         routing::TopicView topic) const {
  return gate_ != nullptr && (event.flags & rpc::kRemoteEvent) == 0 && options.broadcast &&
         !options.system && !gate_->admit_self(policy::Action::kPublish, topic);
}

// Of an event of this node: who published it when, and its number.
void Broker::stamp(rpc::Event& event, Shard& shard) {
  if ((event.flags & rpc::kRemoteEvent) != 0) {
    return;
  }
  const auto stamp =
      shard.store_of(event.topic)
          .next(event.network, event.topic, event.publisher, epoch_ << 32, next_instance_);
  event.instance = stamp.instance;
  event.sequence = stamp.sequence;
  event.published = clock_.wall();
}

// Who gets it is found out under the mutex: a subscription that looks at what is retained either
// finds the event there or is among those.
rpc::Receipt Broker::hand_over(rpc::Event& event, const rpc::PublishOptions& options,
                               const SealedForms& sealed) {
  Shard& shard = shard_of(event.topic);
  const std::lock_guard lock(shard.mutex);
  Targets targets(snapshot_, registry_, gate_);
  targets.find(event, options, group_turn_);
  const Targets::Queues& queues = targets.queues();
  if (!reserve_all(queues, event.payload.bytes.size())) {
    ++shard.counts.refused;
    return refused(core::Errc::kBackpressure, "a subscriber that may not lose events has no room");
  }
  stamp(event, shard);
  rpc::Receipt receipt;
  const bool retained = options.retain_for > core::Duration{0};
  if (!queues.empty() || retained) {
    const rpc::EventPtr stored = store(event);
    for (Queue* const queue : queues) {
      if (queue->push(stored, event.flags, queue->options().overflow == rpc::Overflow::kBlock)) {
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
    event.payload = *sealed.live;
  }
  const std::uint32_t delivered = receipt.reached;
  const Spread spread = send_to_peers(event, targets.peers());
  if (spread.no_room + spread.unfit > 0 && spread.sent == 0 && queues.empty() && !retained) {
    // Nobody has seen it.
    shard.store_of(event.topic).take_back(event.network, event.topic, event.publisher);
    ++shard.counts.refused;
    return spread.no_room > 0 ? refused(core::Errc::kBackpressure, "no node that wants it has room")
                              : refused(core::Errc::kTooLarge,
                                        "its topic, names or metadata are more than a "
                                        "message to another node may hold");
  }
  ++shard.counts.published;
  shard.counts.delivered += delivered;
  shard.counts.sent += spread.sent;
  shard.counts.peer_losses += spread.no_room + spread.no_link + spread.unfit;
  receipt.reached += spread.sent;
  return receipt;
}

void Broker::retain(const rpc::EventPtr& event, const rpc::PublishOptions& options, Shard& shard) {
  const core::TimePoint now = clock_.now();
  const std::uint64_t serial = last_serial_.fetch_add(1, std::memory_order_relaxed) + 1;
  shard.store_of(event->topic)
      .retain({event, now, now + options.retain_for, serial, options.broadcast, options.target});
}

// One copy, or, where its groups are more than a message may name, several: the first is for
// those in no group, too. The last one tried decides; `begun`: one before it went out.
Broker::Copies Broker::send_to(EventPeers& peers, rpc::Event& event, const Targets::Peer& peer) {
  std::span<const std::string_view> left(peer.groups);
  bool begun = false;
  event.ungrouped = peer.ungrouped;
  do {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < std::min(left.size(), kCopyGroups) && bytes <= kCopyGroupBytes) {
      bytes += left[count++].size();
    }
    event.groups = left.first(count);
    left = left.subspan(count);
    if (const auto sent = peers.send(peer.node, event); sent != EventPeers::Sent::kSent) {
      return {sent, begun};
    }
    begun = true;
    event.ungrouped = false;
  } while (!left.empty());
  return {EventPeers::Sent::kSent, false};
}

Broker::Spread Broker::send_to_peers(rpc::Event& event, const Targets::Peers& to) {
  Spread spread;
  EventPeers* peers = peers_.load(std::memory_order_acquire);
  if (peers == nullptr) {
    return spread;
  }
  for (const Targets::Peer& peer : to) {
    const Copies copies = send_to(*peers, event, peer);
    spread.sent += copies.begun ? 1 : 0;
    switch (copies.last) {
      case EventPeers::Sent::kSent:
        ++spread.sent;
        break;
      case EventPeers::Sent::kNoRoom:
        ++spread.no_room;
        break;
      case EventPeers::Sent::kNoLink:
        ++spread.no_link;
        break;
      case EventPeers::Sent::kUnfit:
        ++spread.unfit;
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
  if (gate_ != nullptr && options.announce && !pattern->is_system() &&
      !gate_->possible({}, policy::Action::kSubscribe, options.network, options.pattern)) {
    return core::fail(core::Errc::kDenied, std::string(policy::kDeniedHere));
  }
  const bool past = options.include_past > core::Duration{0};
  const registry::SubscriptionRow row{options.network, options.pattern, options.group};
  const bool announce = options.announce && !pattern->is_system();
  auto queue = std::make_shared<Queue>(std::move(options), consumer);
  const std::uint64_t own_past = past ? queue->expect({}, 0) : 0;
  if (past && announce) {
    remote_past_.watch(queue, *pattern);
  }
  change_queues(*pattern, [&](QueueList& queues) { queues.push_back(queue); });
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
  auto queues = std::make_shared<QueueList>(known == nullptr ? QueueList{} : **known);
  subscriptions_ -= queues->size();
  change(*queues);
  subscriptions_ += queues->size();
  if (queues->empty()) {
    index_.remove(pattern);
  } else if (!index_.replace(pattern, queues)) {
    // Refused only past the trie's limit of a million patterns.
    (void)index_.insert(pattern, queues);
  }
  snapshot_.publish(std::make_shared<QueueIndex>(index_.share()));
}

void Broker::unsubscribe(const std::shared_ptr<Queue>& queue) {
  queue->detach();
  const auto pattern =
      routing::TopicPattern::parse(queue->options().pattern, queue->options().network);
  change_queues(*pattern, [&](QueueList& queues) {
    std::erase(queues, queue);
    if (const std::uint64_t lost = queue->dropped(); lost > 0) {
      ended_losses_[queue->options().subscriber] += lost;
      ended_overtaken_ += queue->overtaken();
    }
  });
}

void Broker::expire() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.topics.expire(clock_.now());
    shard.system.expire(clock_.now());
  }
}

void Broker::stop() {
  const std::lock_guard lock(mutex_);
  index_.for_each([](const QueueIndex::Entry& entry) {
    for (const auto& queue : *entry.value) {
      queue->close();
    }
  });
}

Stats Broker::stats() const {
  Stats all;
  all.refused = refused_.load(std::memory_order_relaxed);
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    all.published += shard.counts.published;
    all.refused += shard.counts.refused;
    all.delivered += shard.counts.delivered;
    all.sent += shard.counts.sent;
    all.peer_losses += shard.counts.peer_losses;
  }
  const std::lock_guard lock(mutex_);
  all.subscriptions = subscriptions_;
  std::uint64_t overtaken = ended_overtaken_;
  for (const auto& [subscriber, lost] : ended_losses_) {
    all.lost += lost;
  }
  index_.for_each([&](const QueueIndex::Entry& entry) {
    for (const auto& queue : *entry.value) {
      all.lost += queue->dropped();
      overtaken += queue->overtaken();
    }
  });
  all.delivered -= std::min(overtaken, all.delivered);
  return all;
}

Broker::Losses Broker::losses() const {
  const std::lock_guard lock(mutex_);
  Losses all = ended_losses_;
  index_.for_each([&](const QueueIndex::Entry& entry) {
    for (const auto& queue : *entry.value) {
      if (const std::uint64_t lost = queue->dropped(); lost > 0) {
        all[queue->options().subscriber] += lost;
      }
    }
  });
  return all;
}

}  // namespace runard::pubsub
