// Lifecycle: a service instance's side of the daemon. init, start and stop are given it, and it may
// be kept by reference: it lives as long as the service object.
#pragma once

#include <string>
#include <string_view>

#include <runar/config.hpp>
#include <runar/detail/action_handler.hpp>
#include <runar/detail/percent.hpp>
#include <runar/timer.hpp>
#include <runar/wait_event.hpp>

namespace runar {

class Lifecycle : public Context {
 public:
  Lifecycle(runar_ctx* ctx, const runar_service_args& args)
      : Context(ctx, 0),
        path_(detail::view(args.path)),
        network_(detail::view(args.network)),
        instance_(detail::view(args.instance)),
        data_dir_(detail::view(args.data_dir)),
        config_(Config::parse(args.config_json.len == 0 ? "{}" : detail::view(args.config_json))) {}
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  const std::string& path() const { return path_; }  // where the YAML mounted it
  const std::string& network() const { return network_; }
  const std::string& instance() const { return instance_; }
  const std::string& data_dir() const { return data_dir_; }  // private and writable; empty: none
  const Config& config() const { return config_; }
  // For the SDK: gives the old one.
  Config swap_config(Config with) { return std::exchange(config_, std::move(with)); }

  // Offers `name` below the service's path, callable once the service runs. Names may have
  // {parameters}; "" is the path itself. Handler shapes: detail/action_handler.hpp. In and Out may
  // be void, or Payload for bytes as they are. Throws Error when it is refused.
  template <class In, class Out, class F>
  runar_id action(std::string_view name, F handler, const ActionOptions& options = {});

  // Receives what is published to `topic`, which may have wildcards and {parameters}. Handler
  // shapes: detail/event_handler.hpp.
  template <class T, class F>
  runar_id subscribe(std::string_view topic, F handler, const SubscribeOptions& options = {});

  // Declares a type that payloads may name (Payload::of_type); equal name and schema give an equal
  // id on every node. Throws Error when it is refused.
  template <class T>
  std::uint64_t declare_type(std::string_view name) const {
    return declare_type(name, schema_of<T>());
  }
  std::uint64_t declare_type(std::string_view name, std::string_view schema) const;

  // This service has done its work, or, with an error, can't go on: it is stopped, and begun again
  // if the YAML's `restart` says so. From any thread. False: it does not run (any more).
  bool end() const { return end_with(RUNAR_OK, {}); }
  bool end(const Error& why) const { return end_with(why.code(), why.text()); }

  // Takes an action or a subscription away again.
  void remove(runar_id id) { detail::host->remove(context(), id); }

  // auto value = co_await lc.on<T>("math/ready", 5s): the next event on the topic, or a retained
  // one up to `include_past` old. Throws Error(RUNAR_E_TIMEOUT).
  template <class T>
  EventAwaiter<T> on(std::string_view topic, Duration timeout, Duration include_past = {}) const {
    return EventAwaiter<T>(context(), topic, timeout, include_past);
  }
  // Waits until a service runs at `path`, on this node or another. Throws Error(RUNAR_E_TIMEOUT).
  Task<void> wait_for_service(std::string path, Duration timeout) const;

  // Functions that the strand runs later; they give void or Task<void>. Any thread.
  template <class F>
  Timer after(Duration delay, F function) const {
    return detail::make_timer(context(), delay, Duration{0}, std::move(function));
  }
  template <class F>
  Timer every(Duration period, F function) const {
    return detail::make_timer(context(), period, period, std::move(function));
  }
  template <class F>
  void post(F function) const {
    detail::make_timer(context(), Duration{0}, Duration{0}, std::move(function));
  }
  // co_await lc.sleep(50ms)
  Sleep sleep(Duration delay) const { return {context(), delay}; }
  // Whether the calling thread is running this service's strand now.
  bool on_strand() const { return detail::host->on_strand(context()) != 0; }

 private:
  struct ServiceState {
    std::string state;
    RUNAR_FIELDS(state)
  };
  static runar_action action_record(std::string_view name, const ActionOptions& options);
  static runar_subscription subscription_record(std::string_view topic,
                                                const SubscribeOptions& options);
  Task<bool> is_running(std::string entry) const;
  bool end_with(runar_status status, std::string_view text) const {
    const auto say = [&](runar_str said) {
      return detail::host->phase_done(context(), RUNAR_PHASE_STOP, status, said);
    };
    return detail::insist(say, text) == RUNAR_OK;
  }

  std::string path_;
  std::string network_;
  std::string instance_;
  std::string data_dir_;
  Config config_;
};

inline runar_action Lifecycle::action_record(std::string_view name, const ActionOptions& options) {
  auto action = detail::sized<runar_action>();
  action.flags = detail::flag(options.parallel, RUNAR_FN_PARALLEL) |
                 detail::flag(options.blocking, RUNAR_FN_BLOCKING) |
                 detail::flag(options.prompt, RUNAR_FN_PROMPT) |
                 detail::flag(options.idempotent, RUNAR_FN_IDEMPOTENT);
  action.name = detail::str(name);
  action.summary = detail::str(options.summary);
  action.max_concurrency = options.max_concurrency;
  action.default_timeout_ms = static_cast<std::uint32_t>(options.timeout.count());
  return action;
}

template <class In, class Out, class F>
runar_id Lifecycle::action(std::string_view name, F handler, const ActionOptions& options) {
  const std::string input = schema_of<In>();
  const std::string output = schema_of<Out>();
  detail::type_id<In>(context());  // refused now, not when the first value is sent
  detail::type_id<Out>(context());
  auto* box = new detail::Box<F>(std::move(handler));
  auto action = action_record(name, options);
  action.input_schema = detail::str(input);
  action.output_schema = detail::str(output);
  action.on_request = &detail::ActionHandler<In, Out, F>::on_request;
  action.user = box;
  action.drop_user = &detail::Box<F>::release_it;
  runar_id id = 0;
  const runar_status status = detail::host->add_action(context(), &action, &id);
  if (status < 0) {  // the host drops only what it took
    box->release();
  }
  detail::check(status, name);
  return id;
}

inline std::uint64_t Lifecycle::declare_type(std::string_view name, std::string_view schema) const {
  auto type = detail::sized<runar_type>();
  type.name = detail::str(name);
  type.schema = detail::str(schema);
  std::uint64_t id = 0;
  detail::check(detail::host->declare_type(context(), &type, &id), name);
  return id;
}

inline runar_subscription Lifecycle::subscription_record(std::string_view topic,
                                                         const SubscribeOptions& options) {
  auto record = detail::sized<runar_subscription>();
  record.flags = detail::flag(options.durable, RUNAR_SUB_DURABLE);
  record.topic = detail::str(topic);
  record.group = detail::str(options.group);
  record.include_past_ns = options.include_past.count();
  record.queue_limit = options.queue_limit;
  record.queue_bytes = options.queue_bytes;
  record.overflow = static_cast<std::uint32_t>(options.overflow);
  return record;
}

template <class T, class F>
runar_id Lifecycle::subscribe(std::string_view topic, F handler, const SubscribeOptions& options) {
  using Handler = detail::EventHandler<T, F>;
  using Box = typename Handler::SubscriberBox;
  auto* box = new Box({std::move(handler), options.durable});
  auto record = subscription_record(topic, options);
  record.flags |= detail::flag(Handler::kManual, RUNAR_SUB_MANUAL);
  record.on_event = &Handler::on_event;
  record.user = box;
  record.drop_user = &Box::release_it;
  runar_id id = 0;
  const runar_status status = detail::host->subscribe(context(), &record, &id);
  if (status < 0) {
    box->release();
  }
  detail::check(status, topic);
  return id;
}

// Asks the registry, then waits for its event. The event may come between the two, so it asks again
// every second.
inline Task<void> Lifecycle::wait_for_service(std::string path, Duration timeout) const {
  const std::int64_t deadline = detail::host->now_ns() + timeout.count();
  const std::size_t network = path.find(':') + 1;  // npos + 1 is 0
  const std::string entry = path.substr(0, network) + "$registry/services/" +
                            detail::percent_encode(std::string_view(path).substr(network));
  while (!co_await is_running(entry)) {
    const Duration left(deadline - detail::host->now_ns());
    if (left.count() <= 0) {
      throw Error(RUNAR_E_TIMEOUT, path + " did not start in time");
    }
    try {
      co_await on<void>(entry + "/state/running",
                        std::min<Duration>(left, std::chrono::seconds(1)));
      co_return;
    } catch (const Error& error) {
      if (error.code() != RUNAR_E_TIMEOUT) {
        throw;
      }
    }
  }
}

// The registry answers with one row for each node that has the service.
inline Task<bool> Lifecycle::is_running(std::string entry) const {
  try {
    const auto rows = co_await call<std::vector<ServiceState>>(entry);
    for (const ServiceState& row : rows) {
      if (row.state == "running") {
        co_return true;
      }
    }
  } catch (const Error& error) {
    if (error.code() != RUNAR_E_NOT_FOUND && error.code() != RUNAR_E_TIMEOUT) {
      throw;
    }
  }
  co_return false;
}

}  // namespace runar
