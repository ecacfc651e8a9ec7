// Lifecycle and registry: host->phase_done, set_error, add_action, subscribe, remove, declare_type.
#include <algorithm>

#include "plugin_host/abi.h"
#include "plugin_host/abi_entry.h"
#include "plugin_host/abi_error.h"
#include "plugin_host/abi_input.h"
#include "plugin_host/growable.h"
#include "routing/escape.h"
#include "routing/topic_pattern.h"

namespace runard::plugin_host {
namespace {

constexpr std::uint32_t kActionFlags =
    RUNAR_FN_PARALLEL | RUNAR_FN_BLOCKING | RUNAR_FN_PROMPT | RUNAR_FN_IDEMPOTENT;

// A refusal inside init fails init, whatever it returns.
runar_status registered(const Entry& entry, const char* what, runar_status status) {
  if (status != RUNAR_OK) {
    entry.instance().phases().note_refused(what, status);
    misuse(entry.context(), what, status);
  }
  return status;
}

runar_status check_action(const Context& context, const runar_action& given) {
  if (given.on_request == nullptr || !is_text(given.name, routing::kMaxPathBytes) ||
      !is_utf8_text(given.summary, kMaxText) || !is_utf8_text(given.input_schema, kMaxSchema) ||
      !is_utf8_text(given.output_schema, kMaxSchema)) {
    return RUNAR_E_INVALID;
  }
  const bool both = (given.flags & RUNAR_FN_BLOCKING) != 0 && (given.flags & RUNAR_FN_PROMPT) != 0;
  if ((given.flags & ~kActionFlags) != 0 || both) {
    return RUNAR_E_UNSUPPORTED;
  }
  const auto mount = routing::TopicPath::parse(context.label().path, context.label().network);
  return mount && routing::TopicPattern::parse_below(*mount, view(given.name)) ? RUNAR_OK
                                                                               : RUNAR_E_INVALID;
}

runar_status add_action(runar_ctx* raw, const runar_action* given, runar_id* out) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    const Growable<runar_action> read(given, RUNARD_SIZE_TO(runar_action, user));
    runar_status status = read.status();
    if (status == RUNAR_OK) {
      status = check_action(entry.context(), *read);
    }
    if (status == RUNAR_OK) {
      status = entry.instance().add_action(*read, out);
    }
    return registered(entry, "add_action", status);
  });
}

runar_status check_subscription(const Label& label, const runar_subscription& given) {
  if (given.on_event == nullptr || !is_text(given.topic, 2 * routing::kMaxPathBytes) ||
      !is_utf8_text(given.group, routing::kMaxNameBytes) || given.include_past_ns < 0 ||
      given.overflow > RUNAR_BLOCK) {
    return RUNAR_E_INVALID;
  }
  if ((given.flags & ~std::uint32_t{RUNAR_SUB_MANUAL}) != 0) {
    return RUNAR_E_UNSUPPORTED;
  }
  const bool denied =
      label.allow != nullptr && !label.allow->may_subscribe(view(given.topic), label.network);
  return denied ? RUNAR_E_DENIED : RUNAR_OK;
}

runar_status subscribe(runar_ctx* raw, const runar_subscription* given, runar_id* out) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    const Growable<runar_subscription> read(given, RUNARD_SIZE_TO(runar_subscription, user));
    runar_status status = read.status();
    if (status == RUNAR_OK) {
      status = check_subscription(entry.context().label(), *read);
    }
    if (status == RUNAR_OK) {
      status = entry.instance().subscriptions().add(*read, out);
    }
    return registered(entry, "subscribe", status);
  });
}

runar_status remove(runar_ctx* raw, runar_id id) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    switch (kind_of(id)) {
      case IdKind::kAction:
        return entry.instance().remove_action(id);
      case IdKind::kSubscription:
        return entry.instance().subscriptions().remove(id);
      default:
        return misuse(entry.context(), "remove", RUNAR_E_INVALID);
    }
  });
}

// FNV-1a over name and schema, so that equal types have equal ids on every node.
std::uint64_t type_id(std::string_view name, std::string_view schema) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view part : {name, std::string_view("\0", 1), schema}) {
    for (const char c : part) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
  }
  return hash == 0 ? 1 : hash;
}

runar_status declare_type(runar_ctx* raw, const runar_type* given, std::uint64_t* out) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    const Growable<runar_type> read(given, RUNARD_SIZE_TO(runar_type, schema));
    runar_status status = read.status();
    if (status == RUNAR_OK &&
        (out == nullptr || read->name.len == 0 || !is_utf8_text(read->name, 256) ||
         !is_utf8_text(read->schema, kMaxSchema))) {
      status = RUNAR_E_INVALID;
    }
    if (status == RUNAR_OK && read->flags != 0) {
      status = RUNAR_E_UNSUPPORTED;
    }
    if (status == RUNAR_OK) {
      *out = type_id(view(read->name), view(read->schema));
      status = entry.instance().declare_type(*out);
    }
    Types* const types = entry.runtime().ports.types;
    if (status != RUNAR_OK || types == nullptr) {
      return registered(entry, "declare_type", status);
    }
    const auto declared = types->declare(*out, view(read->name), view(read->schema));
    return declared
               ? runar_status{RUNAR_OK}
               : registered(entry, ("the type " + declared.error().about).c_str(), RUNAR_E_INVALID);
  });
}

// What an operator reads of a phase: '?' for controls, too.
std::string readable(runar_str text) {
  std::string kept;
  std::string out(read_message(text, kept));
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }, '?');
  return out;
}

runar_status phase_done(runar_ctx* raw, std::uint32_t phase, runar_status status,
                        runar_str message) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    if (status > RUNAR_OK || !is_text(message, SIZE_MAX)) {
      return misuse(entry.context(), "phase_done", RUNAR_E_INVALID);
    }
    return entry.instance().phases().answer_pending(phase, status, readable(message));
  });
}

void set_error(runar_err* err, runar_status code, runar_str message) {
  shielded([&] {
    if (err != nullptr && is_text(message, SIZE_MAX)) {
      err->code = code;
      err->message = readable(message);
    }
    return RUNAR_OK;
  });
}

}  // namespace

void put_registry_functions(runar_host& table) {
  table.set_error = set_error;
  table.phase_done = phase_done;
  table.add_action = add_action;
  table.subscribe = subscribe;
  table.remove = remove;
  table.declare_type = declare_type;
}

}  // namespace runard::plugin_host
