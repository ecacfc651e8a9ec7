#include "pubsub/topic_store.h"

#include <algorithm>

namespace runard::pubsub {
namespace {

std::string key_of(std::string_view network, std::string_view topic, std::string_view publisher) {
  std::string key;
  key.reserve(network.size() + topic.size() + publisher.size() + 2);
  key.append(network).append(1, '\0').append(topic).append(1, '\0').append(publisher);
  return key;
}

// The same on the stack; every publish needs one.
class ShortKey {
 public:
  ShortKey(std::string_view network, std::string_view topic, std::string_view publisher) {
    if (network.size() + topic.size() + publisher.size() + 2 > sizeof text_) {
      long_ = key_of(network, topic, publisher);
      view_ = long_;
      return;
    }
    char* at = text_;
    at = std::copy(network.begin(), network.end(), at);
    *at++ = '\0';
    at = std::copy(topic.begin(), topic.end(), at);
    *at++ = '\0';
    at = std::copy(publisher.begin(), publisher.end(), at);
    view_ = {text_, static_cast<std::size_t>(at - text_)};
  }
  ShortKey(const ShortKey&) = delete;
  ShortKey& operator=(const ShortKey&) = delete;
  std::string_view view() const { return view_; }

 private:
  char text_[256];
  std::string long_;
  std::string_view view_;
};

}  // namespace

TopicStore::Stamp TopicStore::next(std::string_view network, std::string_view topic,
                                   std::string_view publisher, std::uint64_t epoch,
                                   std::atomic<std::uint64_t>& instances) {
  const ShortKey key(network, topic, publisher);
  auto at = sequences_.find(key.view());
  if (at == sequences_.end()) {
    at = sequences_.emplace(key.view(), Sequence{}).first;
    sequence_ages_.push_back(at->first);
    at->second.age = std::prev(sequence_ages_.end());
    at->second.last = {epoch | instances.fetch_add(1, std::memory_order_relaxed), 0};
  } else {
    sequence_ages_.splice(sequence_ages_.end(), sequence_ages_, at->second.age);
  }
  Sequence& sequence = at->second;
  const Stamp stamp = {sequence.last.instance, ++sequence.last.sequence};
  if (sequences_.size() > max_topics_) {
    sequences_.erase(sequences_.find(sequence_ages_.front()));
    sequence_ages_.pop_front();
  }
  return stamp;
}

void TopicStore::take_back(std::string_view network, std::string_view topic,
                           std::string_view publisher) {
  const ShortKey key(network, topic, publisher);
  if (const auto at = sequences_.find(key.view()); at != sequences_.end()) {
    --at->second.last.sequence;
  }
}

std::size_t TopicStore::size_of(const Kept& kept) {
  return kept.event->payload.bytes.size() + kEventOverhead;
}

void TopicStore::retain(Kept kept) {
  auto [at, fresh] = retained_.try_emplace(key_of(kept.event->network, kept.event->topic, {}));
  Retained& topic = at->second;
  if (fresh) {
    retained_ages_.push_back(at->first);
    topic.age = std::prev(retained_ages_.end());
  } else {
    retained_ages_.splice(retained_ages_.end(), retained_ages_, topic.age);
  }
  bytes_ += size_of(kept);
  topic.events.push_back(std::move(kept));
  while (topic.events.size() > kMaxEventsPerTopic) {
    pop_front(topic);
  }
  while (retained_.size() > max_topics_ || (bytes_ > max_bytes_ && retained_.size() > 1)) {
    forget_oldest();
  }
  while (bytes_ > max_bytes_ && topic.events.size() > 1) {
    pop_front(topic);
  }
}

void TopicStore::pop_front(Retained& topic) {
  bytes_ -= size_of(topic.events.front());
  topic.events.pop_front();
}

void TopicStore::forget_oldest() {
  const auto at = retained_.find(retained_ages_.front());
  while (!at->second.events.empty()) {
    pop_front(at->second);
  }
  retained_ages_.pop_front();
  retained_.erase(at);
}

void TopicStore::expire(core::TimePoint now) {
  for (auto at = retained_.begin(); at != retained_.end();) {
    Retained& topic = at->second;
    for (std::size_t i = topic.events.size(); i-- > 0;) {
      if (topic.events[i].expires <= now) {
        bytes_ -= size_of(topic.events[i]);
        topic.events.erase(topic.events.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (topic.events.empty()) {
      retained_ages_.erase(topic.age);
      at = retained_.erase(at);
    } else {
      ++at;
    }
  }
}

}  // namespace runard::pubsub
