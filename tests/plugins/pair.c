/* Two services in plain C: "echo" answers with what it got, "caller" calls it N times, directly.
 * The configuration of caller is a number: the address of a struct pair_result. */
#include <stdlib.h>
#include <string.h>

#include "blank.h"
#include "pair.h"

RUNAR_MANIFEST(
    "{\"name\":\"pair\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"echo\",\"caller\"]}");

static const runar_host* host;
static struct pair_result* result;

static void on_echo(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  if (result != NULL) {
    result->seen = request->payload.bytes.ptr;
  }
  host->respond(ctx, request->id, &request->payload);
}

static void on_reply(void* user, runar_ctx* ctx, runar_id call, const runar_reply* reply) {
  (void)user;
  (void)ctx;
  (void)call;
  result->answered += reply->status == RUNAR_OK;
  result->same_address += reply->payload.bytes.ptr == result->sent;
}

static void on_run(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  runar_call call = {
      .struct_size = sizeof call, .flags = RUNAR_CALL_DIRECT, .path = STR("echo/echo")};
  call.payload = request->payload;
  call.payload.buf = NULL; /* merely borrowed, as what is on a caller's stack */
  call.parent = request->id;
  result->sent = request->payload.bytes.ptr;
  result->before(result->probe);
  for (uint64_t i = 0; i < result->rounds; ++i) {
    if (result->stamps != NULL) {
      result->stamps[i] = host->now_ns();
    }
    result->same_seen += result->seen == result->sent;
    if (host->call(ctx, &call, on_reply, NULL, NULL) != RUNAR_OK) {
      break;
    }
  }
  result->after(result->probe);
  host->respond(ctx, request->id, NULL);
}

static runar_status create(runar_ctx* ctx, const runar_service_args* args, void** self,
                           runar_err* err) {
  (void)ctx;
  (void)self;
  (void)err;
  char number[32] = {0};
  if (args->config_json.len > 2 && args->config_json.len < sizeof number) {
    memcpy(number, args->config_json.ptr, args->config_json.len);
    result = (struct pair_result*)(uintptr_t)strtoull(number, NULL, 10);
  }
  return RUNAR_OK;
}
static runar_status init_echo(void* self, runar_ctx* ctx, runar_err* err) {
  (void)self;
  (void)err;
  const runar_action action = {
      .struct_size = sizeof action, .name = STR("echo"), .on_request = on_echo};
  return host->add_action(ctx, &action, NULL);
}
static runar_status init_caller(void* self, runar_ctx* ctx, runar_err* err) {
  (void)self;
  (void)err;
  const runar_action action = {
      .struct_size = sizeof action, .name = STR("run"), .on_request = on_run};
  return host->add_action(ctx, &action, NULL);
}

static const runar_service_type echo = {.struct_size = sizeof echo,
                                        .name = STR("echo"),
                                        .version = STR("1"),
                                        .create = create,
                                        .init = init_echo,
                                        .start = blank_phase,
                                        .stop = blank_stop,
                                        .destroy = blank_destroy};
static const runar_service_type caller = {.struct_size = sizeof caller,
                                          .name = STR("caller"),
                                          .version = STR("1"),
                                          .create = create,
                                          .init = init_caller,
                                          .start = blank_phase,
                                          .stop = blank_stop,
                                          .destroy = blank_destroy};
static const runar_service_type* const types[] = {&echo, &caller};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .name = STR("pair"),
                                    .version = STR("1.0.0"),
                                    .types = types,
                                    .type_count = 2};

const runar_plugin* runar_plugin_v1(const runar_host* given, runar_err* err) {
  (void)err;
  host = given;
  return &plugin;
}
