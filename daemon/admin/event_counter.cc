#include "admin/event_counter.h"

#include <utility>

namespace runard::admin {
namespace {

std::string_view meta_of(const rpc::StoredEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.meta) {
    if (name == key) {
      return value;
    }
  }
  return {};
}

}  // namespace

EventCounter::EventCounter(rpc::Broker& broker, const core::Clock& clock, Later later,
                           Reported reported)
    : broker_(broker), clock_(clock), later_(std::move(later)), reported_(std::move(reported)) {}

core::Result<void> EventCounter::open(const BenchTopic& topic) {
  topic_ = topic;
  rpc::SubscribeOptions options;
  options.network = topic.network;
  options.pattern = topic.topic;
  options.subscriber = "runarctl bench";
  options.queue_limit = kQueue;
  options.overflow = rpc::Overflow::kBlock;
  options.announce = !topic.local;
  auto queue = broker_.subscribe(std::move(options), *this);
  if (!queue) {
    return queue.error();
  }
  queue_ = *queue;
  ready();  // for what came before queue_ was set
  return {};
}

void EventCounter::ready() noexcept {
  later_(core::Duration{0}, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->drain();
    }
  });
}

void EventCounter::drain() {
  rpc::Delivery delivery;
  for (std::uint32_t i = 0; i < kTurn; ++i) {
    const auto queue = queue_;  // `reported` may close
    if (!queue || !queue->pop(delivery)) {
      return;
    }
    count(*delivery.event);
    queue->done(delivery.token, rpc::Verdict::kOk);
  }
  ready();
}

void EventCounter::begin(const rpc::StoredEvent& event) {
  running_ = true;
  run_ = {};
  run_.run = meta_of(event, kBenchRun);
  began_ = clock_.now();
  instance_ = event.instance;
  last_ = event.sequence;
}

void EventCounter::count(const rpc::StoredEvent& event) {
  const std::string_view mark = event.meta.empty() ? "" : meta_of(event, kBenchMark);
  if (mark == kBenchBegin) {
    begin(event);
    return;
  }
  if (!running_ || event.instance != instance_) {
    return;
  }
  if (event.sequence <= last_) {
    ++run_.misplaced;
    return;
  }
  run_.lost += event.sequence - last_ - 1;
  last_ = event.sequence;
  if (mark != kBenchEnd) {
    ++run_.received;
    return;
  }
  running_ = false;
  run_.elapsed = clock_.now() - began_;
  report(run_);
}

void EventCounter::report(EventCount count) {
  const std::string text = boost::json::serialize(render(count));
  const std::string topic = report_topic(topic_.topic);
  rpc::Event event;
  event.network = topic_.network;
  event.topic = topic;
  event.publisher = "runarctl bench";
  event.payload = rpc::Payload::borrow(core::as_bytes(text), rpc::Encoding::kJson);
  rpc::PublishOptions options;
  options.broadcast = !topic_.local;
  if (broker_.publish(event, options).code == core::Errc::kBackpressure) {
    later_(kRetry, [weak = weak_from_this(), count = std::move(count)]() mutable {
      if (const auto self = weak.lock()) {
        self->report(std::move(count));
      }
    });
    return;
  }
  if (reported_) {
    reported_(count);
  }
}

}  // namespace runard::admin
