#include "plugin_host/instance.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "plugin_host/abi_error.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/barrier.h"
#include "plugin_host/request_view.h"
#include "plugin_host/runtime.h"

namespace runard::plugin_host {
namespace {

// Payloads up to here are bounded by the number of queued requests; counting them would cost each
// small request two locked instructions.
constexpr std::size_t kSmallPayload = 1024;

// Here, on a worker, since a disk may be slow. What lies above it is private already.
std::error_code make_private_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!folder.empty()) {
    fs::create_directories(folder, error);
  }
  if (!folder.empty() && !error) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  return error;
}

}  // namespace

Instance::Instance(Runtime& runtime, Context& context, const ServiceType& type, InstanceArgs args)
    : runtime_(runtime),
      context_(context),
      type_(type),
      args_(std::move(args)),
      strand_(runtime.workers, runtime.clock),
      parallel_(runtime.workers, runtime.workers.size()),
      blocking_(runtime.blocking, runtime.limits.instance_blocking),
      phases_(*this),
      subscriptions_(context) {
  context_.bind(this, type.calls.cancelled != nullptr);
}

// Null: refused. Counts the request where the action has a limit of its own.
Action* Instance::admit(const rpc::Request& request, core::Errc& refused) {
  if (request.action >= actions_.size() || actions_[request.action]->removed.load()) {
    refused = core::Errc::kNoAction;
    return nullptr;
  }
  Action& action = *actions_[request.action];
  if (action.max_concurrency != 0 &&
      action.open.fetch_add(1, std::memory_order_relaxed) >= action.max_concurrency) {
    action.open.fetch_sub(1, std::memory_order_relaxed);
    refused = core::Errc::kOverloaded;
    return nullptr;
  }
  return &action;
}

rpc::Ticket Instance::serve(const rpc::Request& request, const rpc::Responder& responder) {
  core::Errc refused{};
  Action* const action = admit(request, refused);
  runar_id id = 0;
  if (action != nullptr) {
    id = runtime_.requests.open(context_, *action, request, responder);
    if (id != 0) {
      const Place place = place_for(*action, request);
      if (place == Place::kHere || place == Place::kHereOnStrand) {
        Runtime& runtime = runtime_;
        run_here(*action, request, id, place);
        return runtime.requests.is_open(id) ? id : 0;  // the instance may be gone by now
      }
      if (enqueue(*action, request, id, place)) {
        return id;
      }
      runtime_.requests.abandon(id);
    }
    if (action->max_concurrency != 0) {
      action->open.fetch_sub(1, std::memory_order_relaxed);
    }
    refused = core::Errc::kOverloaded;
  }
  const Label& label = context_.label();
  context_.request_done();  // the last use of the instance
  refuse(responder, refused, label.service);
  return 0;
}

// Where its handler may run. kHereOnStrand: the strand has been entered.
Instance::Place Instance::place_for(const Action& action, const rpc::Request& request) {
  const ThreadContext& thread = this_thread();
  const bool direct = (request.flags & rpc::kDirect) != 0 && thread.has_room();
  const bool concurrent = (action.flags & (RUNAR_FN_PARALLEL | RUNAR_FN_PROMPT)) != 0;
  if ((action.flags & RUNAR_FN_BLOCKING) != 0) {
    return Place::kBlocking;
  }
  switch (thread.role()) {
    case ThreadRole::kIo:
      // Straight from the network, nobody's lock can be held.
      if ((action.flags & RUNAR_FN_PROMPT) != 0 && (direct || thread.depth() == 0)) {
        return Place::kHere;
      }
      break;
    case ThreadRole::kWorker:
    case ThreadRole::kBlocking:
      if (direct && concurrent) {
        return Place::kHere;
      }
      if (direct && strand_.try_enter()) {
        return Place::kHereOnStrand;
      }
      break;
    case ThreadRole::kForeign:
      break;
  }
  return concurrent ? Place::kParallel : Place::kStrand;
}

// The request is published only when something else keeps the instance alive: the strand that we
// are on, or a hold. From then on anybody may answer it.
void Instance::run_here(Action& action, const rpc::Request& request, runar_id id, Place place) {
  if (place == Place::kHereOnStrand) {
    runtime_.requests.publish(id);
    run_handler(action, request, id);
    strand_.leave();
    return;
  }
  context_.hold();
  Context& context = context_;
  runtime_.requests.publish(id);
  run_handler(action, request, id);
  context.leave();
}

// Caller and deadline may be gone long before its turn comes, so the number of unanswered requests
// is no bound for this. An instance that holds nothing takes any payload, so that the limit need
// not fit the largest one.
bool Instance::hold_payload(std::size_t bytes) {
  if (bytes <= kSmallPayload) {
    return true;
  }
  const std::size_t before = queued_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (before == 0 || before + bytes <= runtime_.limits.instance_queued) {
    return true;
  }
  end_payload(bytes);
  return false;
}

void Instance::end_payload(std::size_t bytes) {
  if (bytes > kSmallPayload) {
    queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

bool Instance::enqueue(Action& action, const rpc::Request& request, runar_id id, Place place) {
  const auto pooled = runtime_.queued.open();
  if (pooled.value == nullptr) {
    return false;
  }
  QueuedRequest& queued = *pooled.value;
  queued.pool_id = pooled.id;
  const std::size_t bytes = request.payload.bytes.size();
  if (!hold_payload(bytes)) {
    runtime_.queued.abandon(pooled.id);
    return false;
  }
  if (!queued.fill(context_, action, id, request)) {
    end_payload(bytes);
    runtime_.queued.abandon(pooled.id);
    return false;
  }
  context_.hold();  // given back by QueuedRequest::run
  runtime_.requests.publish(id);
  switch (place) {
    case Place::kBlocking:
      blocking_.submit(queued);
      break;
    case Place::kParallel:
      parallel_.submit(queued);
      break;
    default:
      strand_.post(queued);
      break;
  }
  return true;
}

// What runs on the strand only is counted by one thread at a time: no locked instruction.
void Instance::count_request(Action& action) {
  if ((action.flags & (RUNAR_FN_PARALLEL | RUNAR_FN_PROMPT | RUNAR_FN_BLOCKING)) == 0) {
    action.requests.store(action.requests.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
  } else {
    action.requests.fetch_add(1, std::memory_order_relaxed);
  }
}

void Instance::run_handler(Action& action, const rpc::Request& request, runar_id id) noexcept {
  const RequestView view(request, id);
  count_request(action);
  const bool returned = call_plugin(context_, {&context_, &action, "handler", id}, [&] {
    action.on_request(action.user, Context::to_abi(&context_), view.get());
  });
  if (!returned) {
    rpc::Reply reply;
    reply.code = core::Errc::kHandlerFailed;
    reply.executed = core::Executed::kUnknown;
    reply.message = context_.label().service;
    runtime_.requests.answer(context_, id, reply);
  }
}

void Instance::hear_cancelled(runar_id request) noexcept {
  if (type_.calls.cancelled != nullptr && created_) {
    call_plugin(context_, {&context_, nullptr, "cancelled", request},
                [&] { type_.calls.cancelled(self_, Context::to_abi(&context_), request); });
  }
}

runar_status Instance::call_lifecycle(const LifecycleCall& call, runar_err& err) {
  runar_ctx* const raw = Context::to_abi(&context_);
  switch (call.phase) {
    case Phase::kCreate:
      return create(err);
    case Phase::kInit:
      return type_.calls.init(self_, raw, &err);
    case Phase::kStart:
      return type_.calls.start(self_, raw, &err);
    case Phase::kStop:
      return type_.calls.stop(self_, raw, call.deadline_ns, &err);
    case Phase::kDestroy:
      destroy();
      return RUNAR_OK;
    case Phase::kHealth:
      return type_.calls.health(self_, raw, &err);
    case Phase::kReconfigure:
      return type_.calls.reconfigure(self_, raw, to_abi(call.config), &err);
    case Phase::kNone:
      break;
  }
  return RUNAR_E_INVALID;
}

runar_status Instance::create(runar_err& err) {
  if (const std::error_code problem = make_private_folder(args_.data_dir)) {
    err = {RUNAR_E_UNAVAILABLE, args_.data_dir + " can't be made: " + problem.message()};
    return err.code;
  }
  runar_service_args args{};
  args.struct_size = sizeof args;
  args.path = to_abi(args_.path);
  args.network = to_abi(args_.network);
  args.instance = to_abi(args_.name);
  args.config_json = to_abi(args_.config_json);
  args.data_dir = to_abi(args_.data_dir);
  const runar_status status = type_.calls.create(Context::to_abi(&context_), &args, &self_, &err);
  created_ = status == RUNAR_OK;
  return status;
}

void Instance::drop_users(const std::vector<std::unique_ptr<Action>>& actions) {
  for (const auto& action : actions) {
    if (action->drop_user != nullptr) {
      action->drop_user(action->user);
    }
  }
}

// The context is closed and quiet, so nobody else is here; the lock is not held inside the plugin.
void Instance::destroy() {
  freeze_actions();
  subscriptions_.drop_all();
  drop_users(actions_);
  drop_users(removed_);
  if (std::exchange(created_, false)) {
    type_.calls.destroy(self_);
  }
}

}  // namespace runard::plugin_host
