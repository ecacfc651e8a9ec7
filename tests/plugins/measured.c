/* What tests/bench/run calls: "echo" answers with what it got, by the daemon's default way or
 * ("prompt") at once on the thread that received it; "megabyte" answers with 1 MiB. */
#include "blank.h"

RUNAR_MANIFEST(
    "{\"name\":\"measured\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"measured\"]}");

static const runar_host* host;
static uint8_t megabyte[1U << 20];

static void on_echo(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  host->respond(ctx, request->id, &request->payload);
}

static void keep(void* user) {
  (void)user; /* the megabyte is there as long as the file is loaded: for ever */
}

static void on_megabyte(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  runar_payload payload = {.bytes = {megabyte, sizeof megabyte}, .encoding = RUNAR_ENC_RAW};
  payload.buf = host->buf_wrap(ctx, payload.bytes, keep, NULL);
  host->respond(ctx, request->id, &payload);
  if (payload.buf != NULL) {
    host->buf_release(payload.buf);
  }
}

static runar_status init(void* self, runar_ctx* ctx, runar_err* err) {
  (void)self;
  (void)err;
  const runar_action actions[] = {
      {.struct_size = sizeof(runar_action), .name = STR("echo"), .on_request = on_echo},
      {.struct_size = sizeof(runar_action),
       .flags = RUNAR_FN_PROMPT,
       .name = STR("prompt"),
       .on_request = on_echo},
      {.struct_size = sizeof(runar_action), .name = STR("megabyte"), .on_request = on_megabyte}};
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; ++i) {
    const runar_status status = host->add_action(ctx, &actions[i], NULL);
    if (status != RUNAR_OK) {
      return status;
    }
  }
  return RUNAR_OK;
}

static const runar_service_type measured = {.struct_size = sizeof measured,
                                            .name = STR("measured"),
                                            .version = STR("1"),
                                            .create = blank_create,
                                            .init = init,
                                            .start = blank_phase,
                                            .stop = blank_stop,
                                            .destroy = blank_destroy};
static const runar_service_type* const types[] = {&measured};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .name = STR("measured"),
                                    .version = STR("1.0.0"),
                                    .types = types,
                                    .type_count = 1};

const runar_plugin* runar_plugin_v1(const runar_host* given, runar_err* err) {
  (void)err;
  host = given;
  return &plugin;
}
