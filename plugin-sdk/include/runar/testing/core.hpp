// Core: the state behind the test host: instances, what they registered, what is on its way.
//
// The functions of runar_host (table.hpp) come in here, from any thread; callbacks into the plugin
// go out through the Strand, never inside a host function but for direct calls. No lock is held
// while plugin code runs.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <runar/testing/records.hpp>
#include <runar/testing/strand.hpp>
#include <runar/topic_path.hpp>

namespace runar::testing {

class Core;

struct InstanceRow {
  Core* core = nullptr;
  const runar_service_type* type = nullptr;
  void* self = nullptr;
  std::string path, network, name, config, data_dir;
  bool stopped = false;  // stop returned: nothing new may be begun
  bool dead = false;     // destroyed: every host call is stale
  std::uint32_t phase = 0;
  bool phase_pending = false;
  runar_status phase_status = RUNAR_OK;
  std::string phase_text;
  bool initialized = false;  // no actions any more
  bool started = false;
  std::optional<runar_status> ended;  // by itself, with that status
};

struct ActionRow {
  InstanceRow* owner = nullptr;
  TopicPath pattern;
  std::string name, summary, input_schema, output_schema;
  runar_action record{};  // its strings are not valid any more
};

struct SubscriptionRow {
  InstanceRow* owner = nullptr;
  TopicPath pattern;
  runar_subscription record{};
};

using Done = std::function<void(const Reply&)>;

struct RequestRow {
  InstanceRow* callee = nullptr;
  std::string path;
  std::int64_t deadline_ns = 0;
  runar_id parent = 0;
  runar_status state = RUNAR_OK;  // OK while open, then why it is not
  bool answered = false;
  bool direct = false;  // the caller is still inside call(): may be answered inside too
  Done done;
};

struct CallRow {
  InstanceRow* caller = nullptr;
  runar_reply_fn on_reply = nullptr;
  void* user = nullptr;
  runar_id request = 0;  // of the callee, when it is one of ours
};

struct TaskRow {
  InstanceRow* owner = nullptr;
  runar_task_fn function = nullptr;
  void* user = nullptr;
};

// One handing over of an event to a subscription that says itself when it is done (MANUAL).
struct DeliveryRow {
  runar_id subscription = 0;
  Published event;
  int attempt = 1;
};

struct ErrorText {
  runar_status code = RUNAR_OK;
  std::string text;
};

// What a request needs besides its path and body.
struct Asking {
  std::int64_t deadline_ns = 0;
  runar_id parent = 0;
  Metadata meta{};
  std::string caller_node{}, caller_service{}, caller_profile{};
  std::uint32_t flags = 0;
  bool direct = false;
};

class Core {
 public:
  static constexpr std::size_t kMaxPayload = 4U << 20;
  static constexpr int kMaxDepth = 8;
  static constexpr int kMaxDeliver = 5;

  Strand strand;
  std::mutex mutex;  // guards all below
  std::vector<std::unique_ptr<InstanceRow>> instances;
  std::map<runar_id, ActionRow> actions;
  std::map<runar_id, SubscriptionRow> subscriptions;
  std::map<runar_id, RequestRow> requests;
  std::map<runar_id, CallRow> calls;
  std::map<runar_id, TaskRow> tasks;
  std::map<std::pair<std::string, std::string>, std::uint64_t> types;  // by name and schema
  std::vector<Published> published;
  std::vector<Called> called;
  std::vector<LogLine> logs;
  std::vector<std::string> problems;
  std::map<std::string, runar_status> refusals;
  std::vector<std::pair<TopicPath, std::function<Reply(const Called&)>>> answers;
  std::map<runar_id, DeliveryRow> deliveries;  // without verdict so far
  std::vector<std::uint32_t> verdicts;         // RUNAR_EVENT_*, in the order they came
  std::vector<std::pair<std::int64_t, Published>> retained;
  std::int64_t default_timeout_ns = 5'000'000'000;
  std::int32_t log_level = RUNAR_LOG_DEBUG;
  bool allow_direct = true;
  std::atomic<std::int64_t> buffers{0};

  static InstanceRow& row(runar_ctx* ctx) { return *reinterpret_cast<InstanceRow*>(ctx); }
  static runar_ctx* handle(InstanceRow& row) { return reinterpret_cast<runar_ctx*>(&row); }

  runar_id next_id() {
    const std::lock_guard lock(mutex);
    return ++last_id_;
  }
  void problem(std::string text) {
    const std::lock_guard lock(mutex);
    problems.push_back(std::move(text));
  }
  // Checks what a plugin handed over as the daemon does: RUNAR_OK, or why it is refused.
  template <class Struct>
  runar_status checked(runar_ctx* ctx, const Struct& given, std::uint32_t known_flags,
                       const char* function);
  runar_status refused(runar_ctx* ctx, const char* function) {
    const std::lock_guard lock(mutex);
    if (row(ctx).dead) {
      return RUNAR_E_STALE;
    }
    if (row(ctx).stopped && begins_something(function)) {
      return RUNAR_E_STOPPING;
    }
    const auto found = refusals.find(function);
    return found == refusals.end() ? RUNAR_OK : found->second;
  }

  static bool begins_something(std::string_view function) {
    return function == "post" || function == "call" || function == "subscribe" ||
           function == "publish";
  }

  // registry.hpp
  runar_status add_action(runar_ctx* ctx, const runar_action& action, runar_id* out);
  runar_status subscribe(runar_ctx* ctx, const runar_subscription& subscription, runar_id* out);
  runar_status remove(runar_ctx* ctx, runar_id id);
  void drop_all(InstanceRow& owner);

  // requests.hpp
  runar_id ask(const TopicPath& path, const Body& body, const Asking& asking, Done done);
  runar_status answer(runar_id request, Reply reply, const char* how);
  runar_status state_of(runar_id request);
  void give_up(runar_id request, runar_status why, const std::string& text);
  runar_status call(runar_ctx* ctx, const runar_call& call, runar_reply_fn fn, void* user,
                    runar_id* out);
  runar_status post(runar_ctx* ctx, std::int64_t delay, runar_task_fn fn, void* user,
                    runar_id* out);
  runar_status cancel(runar_ctx* ctx, runar_id id);
  void cancel_all(InstanceRow& owner);

  // events.hpp
  runar_status publish(runar_ctx* ctx, const runar_publish& publish, runar_receipt_fn fn,
                       void* user);
  std::uint32_t deliver(const Published& event, std::uint32_t flags);
  void deliver_to(runar_id subscription, const Published& event, std::uint32_t flags, int attempt);
  runar_status event_done(runar_ctx* ctx, runar_id event, std::uint32_t verdict,
                          std::int64_t after);

 private:
  bool find_action(const TopicPath& path, ActionRow& out);
  void invoke(const ActionRow& action, runar_id id, const TopicPath& path, const Body& body,
              const Asking& asking);
  void finish_call(runar_id call, const Reply& reply);
  static Asking asking_of(const Called& call, const InstanceRow& caller, bool direct);

  runar_id last_id_ = 0;
  int depth_ = 0;  // of direct calls; the strand's
};

template <class Struct>
runar_status Core::checked(runar_ctx* ctx, const Struct& given, std::uint32_t known_flags,
                           const char* function) {
  if (given.struct_size < sizeof(std::uint32_t) * 2) {
    problem(std::string(function) + ": struct_size is not set");
    return RUNAR_E_INVALID;
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(&given);
  for (std::size_t i = sizeof(Struct); i < given.struct_size; ++i) {
    if (bytes[i] != 0) {
      return RUNAR_E_TOO_NEW;
    }
  }
  if ((given.flags & ~known_flags) != 0) {
    problem(std::string(function) + ": unknown flags");
    return RUNAR_E_UNSUPPORTED;
  }
  return refused(ctx, function);
}

}  // namespace runar::testing

#include <runar/testing/events.hpp>
#include <runar/testing/registry.hpp>
#include <runar/testing/requests.hpp>
