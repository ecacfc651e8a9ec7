// The runar_host of the test host: C functions that lead into its Core.
#pragma once

#include <runar/testing/secrets.hpp>

namespace runar::testing {

// runar_host has functions without a context, so one host at a time may be active.
[[gnu::visibility("hidden")]] inline Core* active_core = nullptr;

namespace table {

inline const void* extension(const char* id) {
  return std::string_view(id) == RUNAR_EXT_SECRETS ? &secrets() : nullptr;
}
inline std::int64_t now_ns() {
  return active_core->strand.now();
}
inline void set_error(runar_err* err, runar_status code, runar_str text) {
  *reinterpret_cast<ErrorText*>(err) = {code, copy_message(text)};
}
inline int log_enabled(runar_ctx* ctx, std::int32_t level) {
  return level >= core(ctx).log_level ? 1 : 0;
}
inline void log(runar_ctx* ctx, std::int32_t level, runar_str text, const runar_kv* fields,
                std::size_t count, runar_id request) {
  Core& host = core(ctx);
  const std::lock_guard lock(host.mutex);
  host.logs.push_back({level, std::string(detail::view(text)), copy_meta(fields, count), request,
                       Core::row(ctx).name});
}
inline runar_status phase_done(runar_ctx* ctx, std::uint32_t phase, runar_status status,
                               runar_str text) {
  Core& host = core(ctx);
  InstanceRow& row = Core::row(ctx);
  const std::lock_guard lock(host.mutex);
  if (phase == RUNAR_PHASE_STOP && row.started && !row.phase_pending && !row.ended) {
    row.ended = status;
    row.phase_text = copy_message(text);
    return RUNAR_OK;
  }
  if (!row.phase_pending || row.phase != phase) {
    host.problems.push_back("phase_done: no such phase is pending");
    return RUNAR_E_STALE;
  }
  row.phase_pending = false;
  row.phase_status = status;
  row.phase_text = copy_message(text);
  host.strand.add(0, [] {});  // wakes whoever waits in real time
  return RUNAR_OK;
}
inline runar_status add_action(runar_ctx* ctx, const runar_action* action, runar_id* out) {
  runar_id ignored = 0;
  return core(ctx).add_action(ctx, *action, out != nullptr ? out : &ignored);
}
inline runar_status subscribe(runar_ctx* ctx, const runar_subscription* record, runar_id* out) {
  runar_id ignored = 0;
  return core(ctx).subscribe(ctx, *record, out != nullptr ? out : &ignored);
}
inline runar_status remove(runar_ctx* ctx, runar_id id) {
  return core(ctx).remove(ctx, id);
}
inline runar_status declare_type(runar_ctx* ctx, const runar_type* type, std::uint64_t* out) {
  Core& host = core(ctx);
  if (const runar_status status = host.checked(ctx, *type, 0, "declare_type"); status < 0) {
    return status;
  }
  if (type->name.len == 0 || type->name.len > 256 || out == nullptr) {
    host.problem("declare_type: a type needs a name of at most 256 bytes, and a place for its id");
    return RUNAR_E_INVALID;
  }
  const std::lock_guard lock(host.mutex);
  auto& id =
      host.types[{std::string(detail::view(type->name)), std::string(detail::view(type->schema))}];
  id = id == 0 ? host.types.size() : id;
  *out = id;
  return RUNAR_OK;
}
inline runar_status respond(runar_ctx* ctx, runar_id request, const runar_payload* payload) {
  const Body body = payload != nullptr ? Body::copy(*payload) : Body{};
  return core(ctx).answer(request, {RUNAR_OK, {}, body, RUNAR_EXECUTED_YES}, "respond");
}
inline runar_status fail(runar_ctx* ctx, runar_id request, runar_status code, runar_str text,
                         const runar_payload* details) {
  if (code >= RUNAR_OK) {
    core(ctx).problem("fail: " + std::to_string(code) + " is no error");
    return RUNAR_E_INVALID;
  }
  const Body body = details != nullptr ? Body::copy(*details) : Body{};
  return core(ctx).answer(request, {code, copy_message(text), body, RUNAR_EXECUTED_YES}, "fail");
}
inline runar_status request_state(runar_ctx* ctx, runar_id request) {
  return core(ctx).state_of(request);
}
inline runar_status event_done(runar_ctx* ctx, runar_id event, std::uint32_t verdict,
                               std::int64_t after) {
  return core(ctx).event_done(ctx, event, verdict, after);
}
inline runar_status call(runar_ctx* ctx, const runar_call* record, runar_reply_fn fn, void* user,
                         runar_id* out) {
  runar_id ignored = 0;
  return core(ctx).call(ctx, *record, fn, user, out != nullptr ? out : &ignored);
}
inline runar_status publish(runar_ctx* ctx, const runar_publish* record, runar_receipt_fn fn,
                            void* user) {
  return core(ctx).publish(ctx, *record, fn, user);
}
inline runar_status post(runar_ctx* ctx, std::int64_t delay, runar_task_fn fn, void* user,
                         runar_id* out) {
  return core(ctx).post(ctx, delay, fn, user, out);
}
inline runar_status cancel(runar_ctx* ctx, runar_id id) {
  return core(ctx).cancel(ctx, id);
}
inline int on_strand(runar_ctx* ctx) {
  return core(ctx).strand.here() ? 1 : 0;
}

inline const runar_host& get() {
  static constexpr runar_host kTable = {sizeof(runar_host),
                                        RUNAR_ABI_MINOR,
                                        extension,
                                        now_ns,
                                        set_error,
                                        log_enabled,
                                        log,
                                        phase_done,
                                        add_action,
                                        subscribe,
                                        remove,
                                        declare_type,
                                        respond,
                                        fail,
                                        request_state,
                                        event_done,
                                        call,
                                        publish,
                                        post,
                                        cancel,
                                        on_strand,
                                        buf_alloc,
                                        buf_wrap,
                                        buf_retain,
                                        buf_release};
  return kTable;
}

}  // namespace table

}  // namespace runar::testing
