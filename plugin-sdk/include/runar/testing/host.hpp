// runar::testing::Host: runs plugins inside a test, without a daemon.
//
//   runar::testing::Host host;
//   host.load("plugins/math.so");                          // or host.load(&runar_plugin_v1)
//   host.run("math");                                      // create, init, start
//   CHECK(host.call("math/add", Add{1, 2}).as<double>() == 3);
//   CHECK(host.published().back().topic == "main:math/result");
//   CHECK(host.finish().empty());                          // stops all; what the plugin did wrong
//
// Deterministic: one thread, virtual time that only advance() and waiting for an answer move. A
// plugin that answers from threads of its own needs patience(). One host at a time.
#pragma once

#include <dlfcn.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <runar/testing/table.hpp>

namespace runar::testing {

struct RunOptions {
  std::string path{};  // where it is mounted; default: the type's name
  std::string network = "main";
  std::string config = "{}";  // JSON
  std::string data_dir{};
};

// A service instance in the host.
class Service {
 public:
  explicit Service(InstanceRow& row) : row_(&row) {}
  const std::string& name() const { return row_->name; }
  InstanceRow& row() const { return *row_; }

 private:
  InstanceRow* row_;
};

// A request that was sent and whose answer may still come.
class Pending {
 public:
  Pending(Core& core, runar_id id, std::shared_ptr<std::unique_ptr<Reply>> reply)
      : core_(&core), id_(id), reply_(std::move(reply)) {}
  runar_id id() const { return id_; }
  bool done() const { return *reply_ != nullptr; }
  const Reply& reply() const {
    if (!done()) {
      throw Error(RUNAR_E_INTERNAL, "no answer came");
    }
    return **reply_;
  }
  // The caller goes away.
  void cancel() { core_->give_up(id_, RUNAR_E_CANCELLED, "the caller went away"); }

 private:
  Core* core_;
  runar_id id_;
  std::shared_ptr<std::unique_ptr<Reply>> reply_;
};

class Host {
 public:
  Host() { active_core = &core_; }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    finish();
    active_core = nullptr;
  }

  // --- plugins and services; all throw Error with the plugin's message ---
  const runar_plugin& load(runar_plugin_v1_fn entry);
  const runar_plugin& load(const std::string& file);  // stays mapped for good
  Service create(std::string_view type, const RunOptions& options = {});
  void init(Service service) {
    phase(service, RUNAR_PHASE_INIT);
    service.row().initialized = true;
  }
  void start(Service service) {
    phase(service, RUNAR_PHASE_START);
    service.row().started = true;
  }
  // What Lifecycle::end said. The daemon would stop it now: here the test does.
  std::optional<runar_status> ended(Service service) {
    const std::lock_guard lock(core_.mutex);
    return service.row().ended;
  }
  void stop(Service service);  // and destroys it
  Service run(std::string_view type, const RunOptions& options = {}) {
    const Service service = create(type, options);
    init(service);
    start(service);
    return service;
  }
  runar_status reconfigure(Service service, std::string_view config, std::string* why = nullptr);
  runar_status health(Service service, std::string* why = nullptr);

  // --- traffic from outside ---
  // Sends a request and runs until it is answered; time moves to timers and the deadline.
  template <class In>
  Reply call(std::string_view path, const In& in, const Asking& asking = {}) {
    const Pending pending = begin_call(path, in, asking);
    run_until([&] { return pending.done(); });
    return pending.done() ? pending.reply() : Reply::error(RUNAR_E_INTERNAL, "no answer came");
  }
  Reply call(std::string_view path) { return call(path, Body{}); }
  template <class In>
  Pending begin_call(std::string_view path, const In& in, const Asking& asking = {}) {
    return send(path, Body::of(in), asking);
  }
  template <class T>
  void publish(std::string_view topic, const T& value, std::uint32_t flags = 0) {
    Published event;
    event.topic = TopicPath(topic, "main").text();
    event.body = Body::of(value);
    core_.deliver(event, flags);
    core_.strand.run();
  }

  // --- the rest of the mesh ---
  // What calls to `pattern` get that leave the services in this host.
  void answer(std::string_view pattern, std::function<Reply(const Called&)> reply) {
    const std::lock_guard lock(core_.mutex);
    core_.answers.emplace_back(TopicPath(pattern, "main"), std::move(reply));
  }
  template <class T>
  void answer_with(std::string_view pattern, const T& value) {
    answer(pattern, [reply = Reply::of(value)](const Called&) { return reply; });
  }
  // The host function of this name ("call", "publish", "post", "add_action", "subscribe",
  // "buf_wrap" ...) refuses from now on; RUNAR_OK: no more.
  void refuse(const std::string& function, runar_status status) {
    const std::lock_guard lock(core_.mutex);
    core_.refusals[function] = status;
  }
  void allow_direct(bool allow) { core_.allow_direct = allow; }
  void log_level(std::int32_t level) { core_.log_level = level; }

  // --- time ---
  void run() { core_.strand.run(); }  // all that is due
  void advance(Duration by);
  // Runs, moving time where nothing is due, until `done` or until nothing is left to do.
  template <class Condition>
  bool run_until(Condition&& done);
  // How long to wait, in real time, for a thread of the plugin when there is nothing else to do.
  void patience(std::chrono::nanoseconds patience) { patience_ = patience; }
  std::int64_t now() const { return core_.strand.now(); }

  // --- what happened so far ---
  std::vector<Published> published() { return copy(core_.published); }
  std::vector<Called> called() { return copy(core_.called); }
  std::vector<LogLine> logs() { return copy(core_.logs); }
  std::vector<std::uint32_t> verdicts() { return copy(core_.verdicts); }
  std::vector<std::string> action_paths();
  std::string input_schema(std::string_view path);

  // Stops and destroys every service, newest first; gives everything that was done wrong: answered
  // twice, never answered, buffers that were not released, calls after destroy.
  std::vector<std::string> finish();

 private:
  template <class T>
  std::vector<T> copy(const std::vector<T>& list) {
    const std::lock_guard lock(core_.mutex);
    return list;
  }
  const runar_service_type* find_type(std::string_view name) const;
  void phase(Service service, std::uint32_t which);
  runar_status enter_phase(InstanceRow& row, std::uint32_t which, ErrorText& error);
  Pending send(std::string_view path, const Body& body, const Asking& asking);
  void note_leftovers();

  Core core_;
  std::vector<const runar_plugin*> plugins_;
  std::chrono::nanoseconds patience_{0};
};

template <class Condition>
bool Host::run_until(Condition&& done) {
  while (true) {
    core_.strand.run();
    if (done()) {
      return true;
    }
    if (patience_.count() > 0 && core_.strand.wait_for_work(patience_)) {
      continue;
    }
    if (!core_.strand.skip_ahead(INT64_MAX)) {
      return false;
    }
  }
}

inline void Host::advance(Duration by) {
  const std::int64_t until = core_.strand.now() + by.count();
  core_.strand.run();
  while (core_.strand.skip_ahead(until)) {
    core_.strand.run();
  }
  core_.strand.set_now(until);
}

inline Pending Host::send(std::string_view path, const Body& body, const Asking& asking) {
  const TopicPath topic(path, "main");
  auto reply = std::make_shared<std::unique_ptr<Reply>>();
  const runar_id id = core_.ask(topic, body, asking, [reply](const Reply& given) {
    *reply = std::make_unique<Reply>(given);
  });
  if (id == 0) {
    *reply = std::make_unique<Reply>(Reply::error(RUNAR_E_NOT_FOUND, "no action " + topic.text()));
  }
  return {core_, id, reply};
}

inline std::vector<std::string> Host::action_paths() {
  const std::lock_guard lock(core_.mutex);
  std::vector<std::string> paths;
  for (const auto& [id, action] : core_.actions) {
    paths.push_back(action.pattern.text());
  }
  return paths;
}

inline std::string Host::input_schema(std::string_view path) {
  const TopicPath wanted(path, "main");
  const std::lock_guard lock(core_.mutex);
  for (const auto& [id, action] : core_.actions) {
    if (action.pattern == wanted) {
      return action.input_schema;
    }
  }
  throw Error(RUNAR_E_NOT_FOUND, "no action " + wanted.text());
}

}  // namespace runar::testing

#include <runar/testing/lifecycle.hpp>
