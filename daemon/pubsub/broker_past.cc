// The part of Broker that tells what is retained: to this node's subscriptions and to other nodes.
#include <algorithm>

#include "pubsub/broker.h"
#include "routing/topic_pattern.h"

namespace runard::pubsub {
namespace {

// A page gets no larger by what CBOR puts around its events.
constexpr std::uint64_t kPageHead = 64;

}  // namespace

// What fits and has not expired, the oldest first.
template <class May>
std::vector<TopicStore::Kept> Broker::retained(const routing::TopicPattern& pattern,
                                               core::Duration age, May may) {
  std::vector<TopicStore::Kept> found;
  const core::TimePoint now = clock_.now();
  const auto wanted = [&](const TopicStore::Kept& kept) {
    return may(kept) && kept.event->network == pattern.network() &&
           pattern.matches_path(kept.event->topic);
  };
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.topics.collect(now, now - age, wanted, found);
    shard.system.collect(now, now - age, wanted, found);
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.serial < b.serial; });
  return found;
}

// The queue is in the index already, so whatever is published from now on reaches it: what is
// retained and what is live overlap, and Queue::replay leaves the doubles out.
void Broker::replay_own_past(Queue& queue, std::uint64_t number,
                             const routing::TopicPattern& pattern) {
  const core::NodeId self = registry_.self();
  std::vector<rpc::EventPtr> past;
  std::uint64_t lost = 0;
  for (auto& kept : retained(pattern, queue.options().include_past, [&](const TopicStore::Kept& k) {
         return k.target.is_zero() || k.target == self;
       })) {
    if (auto event = open_kept(kept.event)) {
      past.push_back(std::move(event));
    } else {
      ++lost;
    }
  }
  queue.replay({}, number, past, lost);
}

core::Result<Broker::SealedForms> Broker::seal(const rpc::Event& event,
                                               const rpc::PublishOptions& options) {
  SealedForms forms;
  if (codec_ == nullptr || event.payload.type == 0 || (event.flags & rpc::kRemoteEvent) != 0 ||
      !codec_->is_private(event.payload.type)) {
    return forms;
  }
  rpc::PayloadPlace place{rpc::PayloadPlace::Kind::kEvent,
                          event.network,
                          event.topic,
                          0,
                          {},
                          event.owner,
                          true,
                          event.recipients};
  const auto seal = [&](std::optional<rpc::Payload>& form) -> core::Result<void> {
    auto sealed = codec_->seal(place, event.payload);
    if (!sealed) {
      return sealed.error();
    }
    form = std::move(*sealed);
    return {};
  };
  if (options.broadcast) {
    if (auto sealed = seal(forms.live); !sealed) {
      return sealed.error();
    }
  }
  if (options.retain_for > core::Duration{0}) {
    place.kind = rpc::PayloadPlace::Kind::kStored;
    if (auto sealed = seal(forms.kept); !sealed) {
      return sealed.error();
    }
  }
  return forms;
}

// Null: it can't be, though this node made it.
rpc::EventPtr Broker::open_kept(const rpc::EventPtr& event) {
  if (event->payload.encoding != rpc::Encoding::kSealed) {
    return event;
  }
  return open_stored(codec_, event, registry_.self());
}

core::Result<rpc::PastPage> Broker::past(const rpc::PastQuery& query, const core::NodeId& asker) {
  const auto pattern = routing::TopicPattern::parse(query.pattern, query.network);
  const bool fits = pattern.has_value() && pattern->network() == query.network &&
                    pattern->pattern() == query.pattern;
  if (!fits || !registry_.has_subscription(asker, {query.network, query.pattern, query.group})) {
    return core::fail(core::Errc::kNotFound, "no such subscription of the asker is known here",
                      core::Executed::kNo);
  }
  EventPeers* const peers = peers_.load(std::memory_order_acquire);
  const bool opens = peers == nullptr || peers->opens_sealed(asker);
  const auto found = retained(*pattern, query.max_age, [&](const TopicStore::Kept& kept) {
    return kept.broadcast && (opens || kept.event->payload.encoding != rpc::Encoding::kSealed) &&
           (kept.target.is_zero() || kept.target == asker) &&
           may_receive(asker, {kept.event->network, kept.event->topic}) &&
           (query.before == 0 || kept.serial < query.before);
  });
  const std::uint64_t most = query.bytes - std::min(query.bytes, kPageHead);
  const std::uint64_t count = std::min(query.events, kPageEvents);
  rpc::PastPage page;
  std::uint64_t bytes = 0;
  std::uint64_t last = 0;
  for (auto kept = found.rbegin(); kept != found.rend() && count > 0; ++kept) {
    const std::uint64_t size = rpc::past_size(*kept->event);
    if (size > most) {
      ++page.omitted;
    } else if (page.events.size() >= count ||
               (!page.events.empty() && bytes + size > std::min(most, kPageBytes))) {
      page.next = last;
      break;
    } else {
      bytes += size;
      page.events.push_back(kept->event);
    }
    last = kept->serial;
  }
  return page;
}

}  // namespace runard::pubsub
