// Subscriptions: what one instance listens to.
//
// Each has a bounded queue at the broker; its events are taken out and handled on the instance's
// strand, a few a turn. Those of a subscription that init made wait in that queue until the service
// runs; one that start makes takes them at once, since start may wait for them. An event counts
// against the queue until it is handled, or, with RUNAR_SUB_MANUAL, until event_done.
// Threading: add(), remove(), open() and event_done() from any thread; drop_all() on the strand.
#pragma once

#include <runar/plugin.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "plugin_host/context.h"
#include "plugin_host/events.h"
#include "plugin_host/strand.h"
#include "routing/topic_pattern.h"
#include "rpc/broker.h"

namespace runard::plugin_host {

class Subscriptions;

class Subscription final : public rpc::EventConsumer, public StrandTask {
 public:
  static constexpr int kEventsPerTurn = 16;
  static constexpr core::Duration kQuiet = std::chrono::seconds(10);  // between two words on losses

  Subscription(Subscriptions& owner, const runar_subscription& wanted,
               routing::TopicPattern pattern, runar_id id);

  void ready() noexcept override;
  void run() noexcept override;

 private:
  friend class Subscriptions;
  bool take_one();
  void handle(const rpc::Delivery& delivery, runar_id id) noexcept;
  void tell_losses();
  void end();

  Subscriptions& owner_;
  const routing::TopicPattern pattern_;
  const bool manual_;
  const runar_event_fn on_event_;
  void* const user_;
  const runar_free_fn drop_user_;
  const runar_id id_;
  bool waits_ = true;                       // for Subscriptions::open(); set before it is seen
  std::shared_ptr<rpc::EventQueue> queue_;  // of the strand, once subscribed_
  std::uint64_t told_lost_ = 0;             // of the strand, as the next
  core::TimePoint told_at_{};
  std::atomic<bool> subscribed_{false};
  std::atomic<bool> scheduled_{false};
  std::atomic<bool> removed_{false};
};

class Subscriptions {
 public:
  explicit Subscriptions(Context& context) : context_(context) {}

  runar_status add(const runar_subscription& wanted, runar_id* out);
  runar_status remove(runar_id id);
  runar_status event_done(runar_id event, std::uint32_t verdict);

  // The service runs: lets all events through from now on.
  void open();
  // Ends all of them; their events that nobody answered are forgotten.
  void drop_all();

 private:
  friend class Subscription;
  friend struct EventSlot;
  using Map = std::map<runar_id, std::shared_ptr<Subscription>>;

  bool may_take() const;
  // 0: too many unanswered.
  runar_id open_event(const Subscription& from, std::uint64_t token);
  void event_closed();
  void forget(runar_id id);
  Map copy();

  Context& context_;
  std::atomic<bool> open_{false};
  std::atomic<std::uint32_t> unanswered_{0};
  std::mutex mutex_;  // protects all below
  Map subscriptions_;
  std::uint64_t next_ = 1;
};

}  // namespace runard::plugin_host
