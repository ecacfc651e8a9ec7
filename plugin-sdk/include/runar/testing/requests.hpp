// The request part of Core: calls, answers, deadlines, timers.
#pragma once

#include <runar/testing/core.hpp>

namespace runar::testing {

// The most specific action that matches: segment by segment, literal before {name} before wildcard.
inline bool Core::find_action(const TopicPath& path, ActionRow& out) {
  const auto rank = [](const TopicPath& pattern) {
    std::string ranks;
    for (const std::string& segment : pattern.segments()) {
      ranks += segment == ">" ? '3' : segment == "*" ? '2' : segment.front() == '{' ? '1' : '0';
    }
    return ranks;
  };
  const std::lock_guard lock(mutex);
  const ActionRow* best = nullptr;
  for (const auto& [id, action] : actions) {
    if (action.pattern.matches(path) &&
        (best == nullptr || rank(action.pattern) < rank(best->pattern))) {
      best = &action;
    }
  }
  if (best != nullptr) {
    out = *best;
  }
  return best != nullptr;
}

// Gives the request's id, or 0 when nobody offers the path: then `done` is never called.
inline runar_id Core::ask(const TopicPath& path, const Body& body, const Asking& asking,
                          Done done) {
  ActionRow action{nullptr, path, {}, {}, {}, {}, {}};
  if (!find_action(path, action)) {
    return 0;
  }
  const runar_id id = next_id();
  const std::int64_t now = strand.now();
  std::int64_t deadline = asking.deadline_ns != 0 ? asking.deadline_ns : now + default_timeout_ns;
  {
    const std::lock_guard lock(mutex);
    if (const auto parent = requests.find(asking.parent); parent != requests.end()) {
      deadline = std::min(deadline, parent->second.deadline_ns);
    }
    requests.emplace(id, RequestRow{action.owner, path.text(), deadline, asking.parent, RUNAR_OK,
                                    false, asking.direct, std::move(done)});
  }
  strand.add(deadline - now, [this, id] { give_up(id, RUNAR_E_TIMEOUT, "the deadline passed"); });
  Asking with_deadline = asking;
  with_deadline.deadline_ns = deadline;
  if (asking.direct) {
    ++depth_;
    invoke(action, id, path, body, with_deadline);
    --depth_;
    const std::lock_guard lock(mutex);
    requests[id].direct = false;
  } else {
    strand.add(0, [this, action, id, path, body, with_deadline] {
      invoke(action, id, path, body, with_deadline);
    });
  }
  return id;
}

inline void Core::invoke(const ActionRow& action, runar_id id, const TopicPath& path,
                         const Body& body, const Asking& asking) {
  const auto params = action.pattern.params(path).value_or(TopicPath::Params{});
  std::vector<runar_kv> param_list;
  for (const auto& [key, value] : params) {
    param_list.push_back({detail::str(key), detail::str(value)});
  }
  const std::vector<runar_kv> meta = lend(asking.meta);
  const std::string text = path.path();
  const std::string pattern = action.pattern.path();
  auto request = detail::sized<runar_request>();
  request.flags = asking.flags;
  request.id = id;
  request.network = detail::str(path.network());
  request.path = detail::str(text);
  request.action = detail::str(pattern);
  request.params = param_list.data();
  request.param_count = param_list.size();
  request.meta = meta.data();
  request.meta_count = meta.size();
  request.payload = body.lend();
  request.deadline_ns = asking.deadline_ns;
  request.caller_node = detail::str(asking.caller_node);
  request.caller_service = detail::str(asking.caller_service);
  request.caller_profile = detail::str(asking.caller_profile);
  request.trace = asking.parent != 0 ? asking.parent : id;
  action.record.on_request(action.record.user, handle(*action.owner), &request);
}

inline runar_status Core::answer(runar_id request, Reply reply, const char* how) {
  Done done;
  bool direct = false;
  {
    const std::lock_guard lock(mutex);
    const auto found = requests.find(request);
    if (found == requests.end() || found->second.answered) {
      problems.push_back(std::string(how) + ": request " + std::to_string(request) +
                         (found == requests.end()
                              ? " does not exist"
                              : " (" + found->second.path + ") was answered before"));
      return RUNAR_E_STALE;
    }
    if (reply.body.bytes.size() > kMaxPayload) {
      return RUNAR_E_TOO_LARGE;
    }
    found->second.answered = true;
    if (found->second.state != RUNAR_OK) {  // too late: allowed, and of no use
      return RUNAR_E_STALE;
    }
    found->second.state = RUNAR_E_STALE;
    done = std::move(found->second.done);
    direct = found->second.direct;
  }
  if (direct && strand.here()) {
    done(reply);
  } else {
    strand.add(0, [done = std::move(done), reply = std::move(reply)] { done(reply); });
  }
  return RUNAR_OK;
}

inline runar_status Core::state_of(runar_id request) {
  const std::lock_guard lock(mutex);
  const auto found = requests.find(request);
  return found == requests.end() ? runar_status{RUNAR_E_STALE} : found->second.state;
}

// The caller does not wait any more: it is told so, and calls made on its behalf end too.
inline void Core::give_up(runar_id request, runar_status why, const std::string& text) {
  Done done;
  InstanceRow* callee = nullptr;
  std::vector<runar_id> children;
  {
    const std::lock_guard lock(mutex);
    const auto found = requests.find(request);
    if (found == requests.end() || found->second.state != RUNAR_OK) {
      return;
    }
    found->second.state = why;
    done = std::move(found->second.done);
    callee = found->second.callee;
    for (const auto& [id, other] : requests) {
      if (other.parent == request) {
        children.push_back(id);
      }
    }
  }
  done({why, text, {}, RUNAR_EXECUTED_UNKNOWN});
  for (const runar_id child : children) {
    give_up(child, RUNAR_E_CANCELLED, "its caller is gone");
  }
  const runar_service_type* type = callee->type;
  if (!callee->dead && RUNAR_HAS(type, cancelled)) {
    strand.add(0, [callee, type, request] {
      if (!callee->dead) {
        type->cancelled(callee->self, handle(*callee), request);
      }
    });
  }
}

inline void Core::finish_call(runar_id call, const Reply& reply) {
  CallRow row;
  {
    const std::lock_guard lock(mutex);
    const auto found = calls.find(call);
    if (found == calls.end()) {
      return;
    }
    row = found->second;
    calls.erase(found);
  }
  auto given = detail::sized<runar_reply>();
  given.status = reply.status;
  given.executed = reply.executed;
  given.message = detail::str(reply.message);
  given.payload = reply.body.lend();
  row.on_reply(row.user, handle(*row.caller), call, &given);
}

inline runar_status Core::call(runar_ctx* ctx, const runar_call& call, runar_reply_fn fn,
                               void* user, runar_id* out) {
  constexpr std::uint32_t kFlags = RUNAR_CALL_DIRECT | RUNAR_CALL_IDEMPOTENT;
  if (const runar_status status = checked(ctx, call, kFlags, "call"); status < 0) {
    return status;
  }
  InstanceRow& caller = row(ctx);
  const auto path = TopicPath::parse(detail::view(call.path), caller.network);
  if (!path || path->is_pattern() || fn == nullptr) {
    return RUNAR_E_INVALID;
  }
  if (call.payload.bytes.len > kMaxPayload) {
    return RUNAR_E_TOO_LARGE;
  }
  const std::size_t named = call.recipient_count;
  if (const runar_status status = check_recipients(call.recipients, named); status < 0) {
    return status;
  }
  const Called record{path->text(),
                      Body::copy(call.payload),
                      call.flags,
                      call.deadline_ns,
                      call.parent,
                      std::string(detail::view(call.target_node)),
                      copy_meta(call.meta, call.meta_count),
                      copy_texts(call.recipients, named),
                      caller.name};
  const runar_id id = next_id();
  std::function<Reply(const Called&)> canned;
  {
    const std::lock_guard lock(mutex);
    called.push_back(record);
    calls.emplace(id, CallRow{&caller, fn, user, 0});
    for (const auto& [pattern, reply] : answers) {
      if (pattern.matches(*path)) {
        canned = reply;
      }
    }
  }
  *out = id;
  const bool direct =
      allow_direct && (call.flags & RUNAR_CALL_DIRECT) != 0 && strand.here() && depth_ < kMaxDepth;
  const auto finish = [this, id](const Reply& reply) { finish_call(id, reply); };
  runar_id request = 0;
  Reply reply = Reply::error(RUNAR_E_NOT_FOUND, "no action " + path->text());
  if (canned) {
    reply = canned(record);
  } else {
    request = ask(*path, record.body, asking_of(record, caller, direct), finish);
  }
  if (request == 0 && direct) {
    finish(reply);
  } else if (request == 0) {
    strand.add(0, [finish, reply] { finish(reply); });
  } else {
    const std::lock_guard lock(mutex);
    if (const auto row = calls.find(id); row != calls.end()) {
      row->second.request = request;
    }
  }
  return RUNAR_OK;
}

inline Asking Core::asking_of(const Called& call, const InstanceRow& caller, bool direct) {
  Asking asking;
  asking.deadline_ns = call.deadline_ns;
  asking.parent = call.parent;
  asking.meta = call.meta;
  asking.caller_service = caller.path;
  asking.flags = detail::flag((call.flags & RUNAR_CALL_IDEMPOTENT) != 0, RUNAR_REQ_IDEMPOTENT);
  asking.direct = direct;
  return asking;
}

inline runar_status Core::post(runar_ctx* ctx, std::int64_t delay, runar_task_fn fn, void* user,
                               runar_id* out) {
  if (const runar_status status = refused(ctx, "post"); status < 0) {
    return status;
  }
  const runar_id id = next_id();
  {
    const std::lock_guard lock(mutex);
    tasks.emplace(id, TaskRow{&row(ctx), fn, user});
  }
  if (out != nullptr) {
    *out = id;
  }
  strand.add(delay, [this, id] {
    TaskRow task;
    {
      const std::lock_guard lock(mutex);
      const auto found = tasks.find(id);
      if (found == tasks.end()) {
        return;
      }
      task = found->second;
      tasks.erase(found);
    }
    task.function(task.user, handle(*task.owner), RUNAR_OK);
  });
  return RUNAR_OK;
}

inline runar_status Core::cancel(runar_ctx* ctx, runar_id id) {
  if (const runar_status status = refused(ctx, "cancel"); status < 0) {
    return status;
  }
  TaskRow task;
  CallRow call;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = tasks.find(id); found != tasks.end()) {
      task = found->second;
      tasks.erase(found);
    } else if (const auto row = calls.find(id); row != calls.end()) {
      call = row->second;
    } else {
      return RUNAR_E_STALE;
    }
  }
  if (task.function != nullptr) {
    strand.add(0, [task] { task.function(task.user, handle(*task.owner), RUNAR_E_CANCELLED); });
  } else {
    strand.add(0, [this, id, request = call.request] {
      finish_call(id, {RUNAR_E_CANCELLED, "cancelled", {}, RUNAR_EXECUTED_UNKNOWN});
      give_up(request, RUNAR_E_CANCELLED, "cancelled");
    });
  }
  return RUNAR_OK;
}

inline void Core::cancel_all(InstanceRow& owner) {
  std::vector<runar_id> ids;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, task] : tasks) {
      if (task.owner == &owner) {
        ids.push_back(id);
      }
    }
    for (const auto& [id, call] : calls) {
      if (call.caller == &owner) {
        ids.push_back(id);
      }
    }
  }
  for (const runar_id id : ids) {
    cancel(handle(owner), id);
  }
}

}  // namespace runar::testing
