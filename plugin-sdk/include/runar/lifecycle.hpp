// Lifecycle: a service instance's side of the daemon. init, start and stop are given it, and it may
// be kept by reference: it lives as long as the service object.
#pragma once

#include <string>
#include <string_view>

#include <runar/detail/handler.hpp>

namespace runar {

class Lifecycle : public Context {
 public:
  Lifecycle(runar_ctx* ctx, const runar_service_args& args)
      : Context(ctx, 0),
        path_(detail::view(args.path)),
        network_(detail::view(args.network)),
        instance_(detail::view(args.instance)),
        data_dir_(detail::view(args.data_dir)) {}
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  const std::string& path() const { return path_; }  // where the YAML mounted it
  const std::string& network() const { return network_; }
  const std::string& instance() const { return instance_; }
  const std::string& data_dir() const { return data_dir_; }  // private and writable; empty: none

  // Offers `name` below the service's path, callable once the service runs. Names may have
  // {parameters}. Handler shapes: see detail/handler.hpp. Throws Error when it is refused.
  template <class In, class Out, class F>
  runar_id action(std::string_view name, F handler, const ActionOptions& options = {}) {
    using Handler = detail::ActionHandler<In, Out, F>;
    const std::string input = schema_of<In>();
    const std::string output = schema_of<Out>();
    auto* box = new detail::Box<F>(std::move(handler));
    auto action = action_record(name, options);
    action.input_schema = detail::str(input);
    action.output_schema = detail::str(output);
    action.on_request = &Handler::on_request;
    action.user = box;
    action.drop_user = &detail::Box<F>::release_it;
    return add(action);
  }

  // Takes an action or a subscription away again.
  void remove(runar_id id) { detail::host->remove(context(), id); }

 private:
  static runar_action action_record(std::string_view name, const ActionOptions& options) {
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
  runar_id add(const runar_action& action) {
    runar_id id = 0;
    const runar_status status = detail::host->add_action(context(), &action, &id);
    if (status < 0) {  // a refused registration is not dropped by the host
      action.drop_user(action.user);
    }
    detail::check(status, detail::view(action.name));
    return id;
  }

  std::string path_;
  std::string network_;
  std::string instance_;
  std::string data_dir_;
};

}  // namespace runar
