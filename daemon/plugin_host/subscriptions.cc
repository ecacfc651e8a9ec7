#include "plugin_host/subscriptions.h"

#include "plugin_host/abi_input.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/barrier.h"
#include "plugin_host/event_view.h"
#include "plugin_host/ids.h"
#include "plugin_host/instance.h"
#include "plugin_host/runtime.h"
#include "plugin_host/status.h"

namespace runard::plugin_host {

Subscription::Subscription(Subscriptions& owner, const runar_subscription& wanted,
                           routing::TopicPattern pattern, runar_id id)
    : owner_(owner),
      pattern_(std::move(pattern)),
      manual_((wanted.flags & RUNAR_SUB_MANUAL) != 0),
      on_event_(wanted.on_event),
      user_(wanted.user),
      drop_user_(wanted.drop_user),
      id_(id) {}

void Subscription::ready() noexcept {
  if (!scheduled_.exchange(true)) {
    owner_.context_.instance().strand().post(*this);
  }
}

void Subscription::run() noexcept {
  scheduled_.store(false);
  if (removed_.load()) {
    end();
    // Posted once more meanwhile: then that turn ends it.
    if (!scheduled_.exchange(true)) {
      owner_.forget(id_);
    }
    return;
  }
  tell_losses();
  for (int i = 0; i < kEventsPerTurn; ++i) {
    if ((waits_ && !owner_.open_.load()) || removed_.load() || !take_one()) {
      return;
    }
  }
  ready();
}

// False: nothing to take for now; ready() or event_done will come.
bool Subscription::take_one() {
  rpc::Delivery delivery;
  if (!subscribed_.load() || queue_ == nullptr || (manual_ && !owner_.may_take())) {
    return false;
  }
  if (!queue_->pop(delivery)) {
    if (queue_->closed() && !removed_.exchange(true)) {
      owner_.context_.label().log.warn("a subscription was ended: its queue overflowed",
                                       {core::field("pattern", pattern_.text())});
      ready();
    }
    return false;
  }
  const runar_id id = manual_ ? owner_.open_event(*this, delivery.token) : 0;
  if (manual_ && id == 0) {
    queue_->done(delivery.token, rpc::Verdict::kRetry);
    return false;
  }
  handle(delivery, id);
  if (!manual_ && queue_ != nullptr) {
    queue_->done(delivery.token, rpc::Verdict::kOk);
  }
  return true;
}

void Subscription::tell_losses() {
  const std::uint64_t lost = subscribed_.load() && queue_ != nullptr ? queue_->dropped() : 0;
  const core::TimePoint now = owner_.context_.runtime().clock.now();
  if (lost == told_lost_ || (told_lost_ > 0 && now < told_at_ + kQuiet)) {
    return;
  }
  owner_.context_.label().log.warn(
      "a subscription has lost events: its queue was full, or the service gave them back",
      {core::field("pattern", pattern_.text()), core::field("lost", lost)});
  told_lost_ = lost;
  told_at_ = now;
}

void Subscription::handle(const rpc::Delivery& delivery, runar_id id) noexcept {
  Context& context = owner_.context_;
  const EventView event(delivery, pattern_, id);
  call_plugin(context, {&context, nullptr, "event", 0},
              [&] { on_event_(user_, Context::to_abi(&context), event.get()); });
}

// No event and no ready() comes afterwards.
void Subscription::end() {
  if (queue_ == nullptr) {
    return;
  }
  queue_.reset();
  if (drop_user_ != nullptr) {
    Context& context = owner_.context_;
    call_plugin(context, {&context, nullptr, "drop_user", 0}, [&] { drop_user_(user_); });
  }
}

namespace {

rpc::SubscribeOptions options_of(const runar_subscription& wanted,
                                 const routing::TopicPattern& pattern, const Label& label) {
  rpc::SubscribeOptions options;
  options.network = pattern.network();
  options.pattern = pattern.pattern();
  options.group = view(wanted.group);
  options.subscriber = label.service;
  options.include_past = read_period(wanted.include_past_ns);
  if (wanted.queue_limit != 0) {
    options.queue_limit = wanted.queue_limit;
  }
  if (wanted.queue_bytes != 0) {
    options.queue_bytes = wanted.queue_bytes;
  }
  options.overflow = static_cast<rpc::Overflow>(wanted.overflow);
  return options;
}

}  // namespace

runar_status Subscriptions::add(const runar_subscription& wanted, runar_id* out) {
  auto pattern = routing::TopicPattern::parse(view(wanted.topic), context_.label().network);
  if (!pattern) {
    return RUNAR_E_INVALID;
  }
  const Limits& limits = context_.runtime().limits;
  rpc::SubscribeOptions options = options_of(wanted, *pattern, context_.label());
  const bool waits = context_.instance().phases().current() != Phase::kStart;
  std::shared_ptr<Subscription> subscription;
  {
    const std::lock_guard lock(mutex_);
    if (context_.closing()) {
      return RUNAR_E_STOPPING;
    }
    if (subscriptions_.size() >= limits.instance_subscriptions) {
      return RUNAR_E_BUSY;
    }
    const runar_id id = make_id((next_++ << 32) | 1, IdKind::kSubscription);
    subscription = std::make_shared<Subscription>(*this, wanted, std::move(*pattern), id);
    subscription->waits_ = waits;
    auto queue = context_.runtime().ports.broker.subscribe(std::move(options), *subscription);
    if (!queue) {
      return status_of(queue.error().code);
    }
    subscription->queue_ = std::move(*queue);
    subscription->subscribed_.store(true);  // ready() may have put it on the strand already
    subscriptions_.emplace(id, subscription);
  }
  if (out != nullptr) {
    *out = subscription->id_;
  }
  subscription->ready();
  return RUNAR_OK;
}

runar_status Subscriptions::remove(runar_id id) {
  std::shared_ptr<Subscription> found;
  {
    const std::lock_guard lock(mutex_);
    const auto place = subscriptions_.find(id);
    if (place == subscriptions_.end()) {
      return RUNAR_E_STALE;
    }
    found = place->second;
  }
  if (found->removed_.exchange(true)) {
    return RUNAR_E_STALE;
  }
  found->ready();
  return RUNAR_OK;
}

void Subscriptions::forget(runar_id id) {
  const std::lock_guard lock(mutex_);
  subscriptions_.erase(id);
}

Subscriptions::Map Subscriptions::copy() {
  const std::lock_guard lock(mutex_);
  return subscriptions_;
}

void Subscriptions::open() {
  open_.store(true);
  for (const auto& [id, subscription] : copy()) {
    subscription->ready();
  }
}

void Subscriptions::drop_all() {
  open_.store(false);
  for (const auto& [id, subscription] : copy()) {
    subscription->removed_.store(true);
    subscription->end();
    subscription->ready();  // for its last turn, which forgets it
  }
  auto& events = context_.runtime().events;
  events.for_each_open([&](core::SlotId id, EventSlot& slot) {
    if (slot.owner.load() == &context_ && events.claim(id) != nullptr) {
      slot.queue.reset();
      events.close(id);
      event_closed();
    }
  });
}

bool Subscriptions::may_take() const {
  return unanswered_.load() < context_.runtime().limits.instance_events;
}

runar_id Subscriptions::open_event(const Subscription& from, std::uint64_t token) {
  auto& events = context_.runtime().events;
  const auto opened = events.open();
  if (opened.value == nullptr) {
    return 0;
  }
  unanswered_.fetch_add(1);
  opened.value->owner.store(&context_);
  opened.value->id = opened.id;
  opened.value->queue = from.queue_;
  opened.value->token = token;
  events.publish(opened.id);
  return make_id(opened.id, IdKind::kEvent);
}

void Subscriptions::event_closed() {
  if (unanswered_.fetch_sub(1) == context_.runtime().limits.instance_events) {
    for (const auto& [id, subscription] : copy()) {
      subscription->ready();  // there is room again
    }
  }
}

runar_status Subscriptions::event_done(runar_id event, std::uint32_t verdict) {
  if (verdict > RUNAR_EVENT_DROP) {
    return RUNAR_E_INVALID;
  }
  auto& events = context_.runtime().events;
  EventSlot* const slot = events.peek(slot_of(event));
  if (slot == nullptr || slot->owner.load() != &context_ ||
      events.claim(slot_of(event)) == nullptr) {
    return RUNAR_E_STALE;
  }
  slot->verdict = static_cast<rpc::Verdict>(verdict);
  context_.add_task();
  context_.instance().strand().post(*slot);
  return RUNAR_OK;
}

void EventSlot::run() noexcept {
  Context& context = *owner.load();
  if (const auto held = queue.lock()) {
    held->done(token, verdict);
  }
  queue.reset();
  context.runtime().events.close(id);
  context.instance().subscriptions().event_closed();
  context.task_done();
}

}  // namespace runard::plugin_host
