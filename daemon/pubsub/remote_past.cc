#include "pubsub/remote_past.h"

#include <algorithm>
#include <utility>

namespace runard::pubsub {

rpc::EventPtr open_stored(rpc::PayloadCodec* codec, const rpc::EventPtr& event,
                          const core::NodeId& source) {
  if (codec == nullptr) {
    return nullptr;
  }
  auto payload = codec->open({rpc::PayloadPlace::Kind::kStored, event->network, event->topic, 0,
                              source, event->owner, true},
                             event->payload);
  if (!payload) {
    return nullptr;
  }
  auto opened = std::make_shared<rpc::StoredEvent>(*event);
  opened->payload = std::move(*payload);
  return opened;
}

void RemotePast::set_peers(PastPeers* peers) {
  const std::lock_guard lock(mutex_);
  peers_ = peers;
}

void RemotePast::watch(const std::shared_ptr<Queue>& queue, const routing::TopicPattern& pattern) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watches_, [](const auto& watch) { return watch->queue.expired(); });
  const auto watch = std::make_shared<const Watch>(
      Watch{queue, pattern, clock_.now() - queue->options().include_past});
  watches_.push_back(watch);
  for (const auto& [node, peer] : up_) {
    expect_locked(watch, node, peer);
  }
}

void RemotePast::peer_up(const core::NodeId& node, std::uint64_t run,
                         std::vector<std::string> networks) {
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = up_.try_emplace(node);
    if (!fresh && at->second.run == run) {
      return;  // another link of the same run
    }
    at->second = {run, std::move(networks)};
    for (const auto& watch : watches_) {
      expect_locked(watch, node, at->second);
    }
  }
  start();
}

void RemotePast::peer_down(const core::NodeId& node) {
  const std::lock_guard lock(mutex_);
  up_.erase(node);
}

void RemotePast::expect_locked(const std::shared_ptr<const Watch>& watch, const core::NodeId& node,
                               const Peer& peer) {
  const auto queue = watch->queue.lock();
  const bool common =
      queue != nullptr && std::find(peer.networks.begin(), peer.networks.end(),
                                    watch->pattern.network()) != peer.networks.end();
  const std::uint64_t number = common ? queue->expect(node, peer.run) : 0;
  if (number == 0) {
    return;
  }
  auto ask = std::make_shared<Ask>();
  ask->watch = watch;
  ask->node = node;
  ask->number = number;
  ask->deadline = clock_.now() + kTimeout;
  waiting_.push_back(std::move(ask));
}

void RemotePast::start() {
  while (true) {
    AskPtr ask;
    {
      const std::lock_guard lock(mutex_);
      ask = next_locked();
    }
    if (ask == nullptr) {
      return;
    }
    if (!send(ask)) {
      finish(ask);
    }
  }
}

// The first that may go out; it then counts as running.
RemotePast::AskPtr RemotePast::next_locked() {
  if (peers_ == nullptr || running_total_ >= kParallel) {
    return nullptr;
  }
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const AskPtr& ask) {
    const auto running = running_.find(ask->node);
    return running == running_.end() || running->second < kPerNode;
  });
  if (at == waiting_.end()) {
    return nullptr;
  }
  AskPtr ask = std::move(*at);
  waiting_.erase(at);
  ++running_[ask->node];
  ++running_total_;
  return ask;
}

// False: nobody waits for it any more, or nobody can be asked.
bool RemotePast::send(const AskPtr& ask) {
  const auto queue = ask->watch->queue.lock();
  PastPeers* peers = nullptr;
  {
    const std::lock_guard lock(mutex_);
    peers = peers_;
  }
  const core::TimePoint now = clock_.now();
  if (queue == nullptr || peers == nullptr || now >= ask->deadline) {
    return false;
  }
  const rpc::SubscribeOptions& options = queue->options();
  rpc::PastQuery query;
  query.network = options.network;
  query.pattern = options.pattern;
  query.group = options.group;
  query.max_age = std::max(core::Duration{0}, now - ask->watch->since);
  query.before = ask->before;
  query.events = options.queue_limit - ask->events.size();
  query.bytes = std::min(options.queue_bytes, kMaxBytes) - ask->bytes;
  peers->ask_past(ask->node, std::move(query),
                  [this, ask](core::Result<rpc::PastPage> page) { answered(ask, page); });
  return true;
}

void RemotePast::answered(const AskPtr& ask, const core::Result<rpc::PastPage>& page) {
  const auto queue = ask->watch->queue.lock();
  if (queue != nullptr && page.has_value() && take(*ask, queue->options(), *page) && send(ask)) {
    return;
  }
  if (page.has_error() && ask->pages > 0) {
    ++ask->omitted;  // nobody knows how many
  }
  finish(ask);
  start();
}

bool RemotePast::is_full(const Ask& ask, const rpc::SubscribeOptions& options) {
  return ask.events.size() >= options.queue_limit ||
         ask.bytes >= std::min(options.queue_bytes, kMaxBytes);
}

// A broken peer may send anything.
bool RemotePast::may_tell(const Ask& ask, const rpc::StoredEvent& event) const {
  const auto topic = routing::view_topic(event.topic, ask.watch->pattern.network());
  return topic && topic->path == event.topic && ask.watch->pattern.matches_path(topic->path) &&
         (gate_ == nullptr || gate_->admit(ask.node, policy::Action::kPublish, *topic));
}

// Whether who was there and what the rules are is as it was at that version. A node without a link
// has no rights: what it told before it went was lost, not denied.
bool RemotePast::same_rights(std::uint64_t version, const core::NodeId& node) const {
  return gate_ == nullptr || (gate_->version() == version && gate_->subject(node));
}

// True when another page is to be asked for.
bool RemotePast::take(Ask& ask, const rpc::SubscribeOptions& options,
                      const rpc::PastPage& page) const {
  const std::uint64_t version = gate_ == nullptr ? 0 : gate_->version();
  std::uint64_t refused = 0;
  ask.omitted += page.omitted;
  for (const rpc::EventPtr& event : page.events) {
    if (is_full(ask, options)) {
      ++ask.omitted;
      return false;
    }
    if (!may_tell(ask, *event)) {
      ++refused;
      continue;
    }
    const bool is_sealed = event->payload.encoding == rpc::Encoding::kSealed;
    const rpc::EventPtr readable = is_sealed ? open_stored(codec_, event, ask.node) : event;
    ask.omitted += readable == nullptr ? 1 : 0;
    if (readable != nullptr) {
      ask.bytes += rpc::past_size(*readable);
      ask.events.push_back(readable);
    }
  }
  if (refused > 0 && !same_rights(version, ask.node)) {
    ask.omitted += refused;
    return false;
  }
  if (page.next == 0) {
    return false;
  }
  const bool forward = ask.before == 0 || page.next < ask.before;
  ask.before = page.next;
  if (!forward || ++ask.pages >= kMaxPages || is_full(ask, options)) {
    ++ask.omitted;
    return false;
  }
  return true;
}

// The queue goes on, with the past that came.
void RemotePast::finish(const AskPtr& ask) {
  if (const auto queue = ask->watch->queue.lock(); queue != nullptr) {
    std::reverse(ask->events.begin(), ask->events.end());
    queue->replay(ask->node, ask->number, ask->events, ask->omitted);
  }
  const std::lock_guard lock(mutex_);
  --running_total_;
  if (const auto at = running_.find(ask->node); --at->second == 0) {
    running_.erase(at);
  }
}

}  // namespace runard::pubsub
