// Instance: one life of one service: its strand, its lanes, its actions and the plugin's object.
//
// Requests come in through its Context, which has counted them. Where a handler runs is decided
// here (DESIGN section 3): inside the call, on the strand, in the PARALLEL or the BLOCKING lane.
// Threading: serve() from any thread; phases are begun by the control strand; the rest as said.
// Lifetime: destroyed by the host when the context is quiet and idle() holds.
#pragma once

#include <runar/plugin.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugin_host/action.h"
#include "plugin_host/context.h"
#include "plugin_host/lane.h"
#include "plugin_host/library.h"
#include "plugin_host/phases.h"
#include "plugin_host/strand.h"
#include "plugin_host/subscriptions.h"

namespace runard::plugin_host {

// What the YAML says of one instance and its plugin gets to see.
struct InstanceArgs {
  std::string path;
  std::string network;
  std::string name;
  std::string config_json = "{}";
  std::string data_dir;  // is made before create, mode 0700; empty: none
};

// One call of runar_service_type.
struct LifecycleCall {
  Phase phase;
  std::int64_t deadline_ns;
  std::string_view config;  // of kReconfigure
};

class Instance {
 public:
  Instance(Runtime& runtime, Context& context, const ServiceType& type, InstanceArgs args);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  Context& context() { return context_; }
  Strand& strand() { return strand_; }
  Phases& phases() { return phases_; }
  Subscriptions& subscriptions() { return subscriptions_; }
  const ServiceType& type() const { return type_; }

  // Requests. The context's gate has let it in.
  rpc::Ticket serve(const rpc::Request& request, const rpc::Responder& responder);
  void run_handler(Action& action, const rpc::Request& request, runar_id id) noexcept;
  // A payload that was queued is let go of.
  void end_payload(std::size_t bytes);

  // On the strand.
  runar_status call_lifecycle(const LifecycleCall& call, runar_err& err);
  void hear_cancelled(runar_id request) noexcept;  // a caller is gone

  // The registry, from a plugin: any thread. `wanted` was validated.
  runar_status add_action(const runar_action& wanted, runar_id* out);
  runar_status remove_action(runar_id id);
  runar_status declare_type(std::uint64_t type);

  // From now on the set of actions is fixed, and requests read it without a lock.
  void freeze_actions();
  std::vector<registry::ActionRow> action_rows() const;
  // For logs; empty when there is no such action.
  std::string action_name(std::uint32_t number) const;
  template <class F>
  void for_each_action(F f) const {
    const std::lock_guard lock(mutex_);
    for (const auto& action : actions_) {
      f(*action);
    }
  }

  // Nothing of it runs, nor will. Only after the context was closed and is quiet.
  bool idle() const { return strand_.idle() && parallel_.idle() && blocking_.idle(); }

 private:
  enum class Place : std::uint8_t { kHere, kHereOnStrand, kStrand, kParallel, kBlocking };

  Action* admit(const rpc::Request& request, core::Errc& refused);
  Place place_for(const Action& action, const rpc::Request& request);
  void run_here(Action& action, const rpc::Request& request, runar_id id, Place place);
  bool hold_payload(std::size_t bytes);
  bool enqueue(Action& action, const rpc::Request& request, runar_id id, Place place);
  static void count_request(Action& action);
  runar_status create(runar_err& err);
  void destroy();
  static void drop_users(const std::vector<std::unique_ptr<Action>>& actions);

  Runtime& runtime_;
  Context& context_;
  const ServiceType& type_;
  const InstanceArgs args_;
  Strand strand_;
  Lane parallel_;
  Lane blocking_;
  std::atomic<std::size_t> queued_bytes_{0};
  Phases phases_;
  Subscriptions subscriptions_;
  void* self_ = nullptr;  // the plugin's object; of the strand
  bool created_ = false;  // of the strand

  mutable std::mutex mutex_;  // protects actions_ until it is frozen, and all below
  std::vector<std::unique_ptr<Action>> actions_;
  std::vector<std::unique_ptr<Action>> removed_;  // before the freeze; kept for their drop_user
  std::vector<std::uint64_t> types_;
  std::uint64_t next_action_ = 1;
  bool frozen_ = false;
};

}  // namespace runard::plugin_host
