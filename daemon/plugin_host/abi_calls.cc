// Requests and calls: host->call, respond, fail, request_state, post, cancel.
#include <fmt/format.h>

#include "plugin_host/abi.h"
#include "plugin_host/abi_entry.h"
#include "plugin_host/abi_input.h"
#include "plugin_host/growable.h"
#include "plugin_host/status.h"

namespace runard::plugin_host {
namespace {

constexpr std::uint32_t kCallFlags = RUNAR_CALL_DIRECT | RUNAR_CALL_IDEMPOTENT;

// What the request under way hands on, and what the plugin asked for.
runar_status read_deadline(const Entry& entry, const runar_call& given, rpc::Request& request) {
  if (given.deadline_ns < 0) {
    return RUNAR_E_INVALID;
  }
  if (given.deadline_ns != 0) {
    request.deadline = core::TimePoint(core::Duration(given.deadline_ns));
  }
  if (given.parent == 0) {
    entry.runtime().requests.note_acted(entry.context());
    return RUNAR_OK;
  }
  Inherited inherited;
  const runar_status state =
      entry.runtime().requests.inherit(entry.context(), given.parent, inherited);
  if (state == RUNAR_OK) {
    request.deadline = std::min(request.deadline, inherited.deadline);
    request.trace = inherited.trace;
    request.caller.profile = inherited.profile;
  }
  // One that was answered already hands on nothing; that is no reason to refuse.
  return state == RUNAR_E_CANCELLED ? state : RUNAR_OK;
}

struct CallInput {
  rpc::Request request;
  std::string path;  // when it had to be made canonical
  PairBuffer meta;
  RecipientBuffer recipients;
  const char* about = "call";  // what a refusal is about, for the log
};

runar_status read_call(const Entry& entry, const runar_call& given, CallInput& out) {
  rpc::Request& request = out.request;
  if ((given.flags & ~kCallFlags) != 0) {
    return RUNAR_E_UNSUPPORTED;
  }
  runar_status status = read_topic(given.path, entry.context().label().network, out.path,
                                   request.network, request.path);
  const policy::Allowance* const allow = entry.context().label().allow.get();
  if (status == RUNAR_OK && allow != nullptr &&
      !allow->may(policy::Action::kCall, {request.network, request.path})) {
    return RUNAR_E_DENIED;
  }
  if (status == RUNAR_OK) {
    status = read_payload(given.payload, entry.runtime().limits.payload, request.payload);
  }
  if (status == RUNAR_OK) {
    status = read_meta(given.meta, given.meta_count, out.meta.room(), request.meta);
  }
  if (status == RUNAR_OK) {
    status = read_node(entry.runtime().ports.directory, given.target_node, request.target);
  }
  if (status == RUNAR_OK) {
    status = read_deadline(entry, given, request);
  }
  if (status == RUNAR_OK && given.recipient_count != 0) {
    out.about = "call: its recipients";
    status = read_recipients(given.recipients, given.recipient_count, out.recipients);
    request.recipients = out.recipients.view();
  }
  request.flags = ((given.flags & RUNAR_CALL_DIRECT) != 0 ? rpc::kDirect : 0U) |
                  ((given.flags & RUNAR_CALL_IDEMPOTENT) != 0 ? rpc::kIdempotent : 0U);
  request.depth = static_cast<std::uint8_t>(this_thread().depth());
  request.caller.service = entry.context().label().path;
  request.caller.network = entry.context().label().network;
  return status;
}

runar_status call(runar_ctx* raw, const runar_call* given, runar_reply_fn on_reply, void* user,
                  runar_id* out) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    const Growable<runar_call> read(given, RUNARD_SIZE_TO(runar_call, recipient_count));
    if (read.status() != RUNAR_OK || on_reply == nullptr) {
      return misuse(entry.context(), "call", on_reply == nullptr ? RUNAR_E_INVALID : read.status());
    }
    CallInput input;
    if (const runar_status status = read_call(entry, *read, input); status != RUNAR_OK) {
      return status == RUNAR_E_NOT_FOUND ? status : misuse(entry.context(), input.about, status);
    }
    const CallStart start{on_reply, user, read->parent, out};
    return entry.runtime().calls.start(entry.context(), input.request, start);
  });
}

// A double or late answer: told apart from a good one by nothing but its id.
runar_status stale_answer(const Entry& entry, runar_id id) {
  Context& context = entry.context();
  context.counters.stale_answers.fetch_add(1, std::memory_order_relaxed);
  if (kind_of(id) != IdKind::kRequest) {
    return misuse(context, "answer to what is no request", RUNAR_E_STALE);
  }
  context.label().log.warn("an answer came twice or too late",
                           {core::field("action", entry.instance().action_name(action_of(id))),
                            core::field("request", std::to_string(id))});
  return RUNAR_E_STALE;
}

runar_status answer(const Entry& entry, runar_id id, const rpc::Reply& reply) {
  return entry.runtime().requests.answer(entry.context(), id, reply) ? RUNAR_OK
                                                                     : stale_answer(entry, id);
}

runar_status respond(runar_ctx* raw, runar_id id, const runar_payload* payload) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    rpc::Reply reply;
    if (payload != nullptr) {
      const runar_status status =
          read_payload(*payload, entry.runtime().limits.payload, reply.payload);
      if (status != RUNAR_OK) {
        return misuse(entry.context(), "respond", status);
      }
    }
    return answer(entry, id, reply);
  });
}

runar_status fail(runar_ctx* raw, runar_id id, runar_status code, runar_str message,
                  const runar_payload* details) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    if (code >= RUNAR_OK || !is_text(message, SIZE_MAX)) {
      return misuse(entry.context(), "fail", RUNAR_E_INVALID);
    }
    std::string kept;
    rpc::Reply reply = failure_of(code, read_message(message, kept));
    if (details != nullptr) {
      const runar_status status =
          read_payload(*details, entry.runtime().limits.payload, reply.payload);
      if (status != RUNAR_OK) {
        return misuse(entry.context(), "fail", status);
      }
    }
    return answer(entry, id, reply);
  });
}

runar_status request_state(runar_ctx* raw, runar_id id) {
  const Entry entry(raw);
  return entry ? entry.runtime().requests.state(entry.context(), id) : entry.status();
}

runar_status post(runar_ctx* raw, std::int64_t delay_ns, runar_task_fn on_due, void* user,
                  runar_id* out) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    if (on_due == nullptr || delay_ns < 0) {
      return misuse(entry.context(), "post", RUNAR_E_INVALID);
    }
    return entry.runtime().tasks.post(entry.context(), core::Duration(delay_ns), on_due, user, out);
  });
}

runar_status cancel(runar_ctx* raw, runar_id id) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    switch (kind_of(id)) {
      case IdKind::kCall:
        return entry.runtime().calls.cancel(entry.context(), id);
      case IdKind::kTask:
        return entry.runtime().tasks.cancel(entry.context(), id);
      default:
        return misuse(entry.context(), "cancel", RUNAR_E_INVALID);
    }
  });
}

}  // namespace

void put_call_functions(runar_host& table) {
  table.call = call;
  table.respond = respond;
  table.fail = fail;
  table.request_state = request_state;
  table.post = post;
  table.cancel = cancel;
}

}  // namespace runard::plugin_host
