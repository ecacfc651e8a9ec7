/* What tests of draining call: "wait" answers when "open" is called, both with what they got.
 * When it is unloaded it adds a byte to the file that GATE_UNLOADED names. */
#include <stdio.h>
#include <stdlib.h>

#include "blank.h"

#define MOST 16

RUNAR_MANIFEST("{\"name\":\"gate\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"gate\"]}");

static const runar_host* host;
static runar_id waiting[MOST]; /* of the strand that both actions run on */
static size_t count;

static void on_wait(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  if (count < MOST) {
    waiting[count++] = request->id;
  } else {
    host->respond(ctx, request->id, &request->payload);
  }
}

static void on_open(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  while (count > 0) {
    host->respond(ctx, waiting[--count], &request->payload);
  }
  host->respond(ctx, request->id, &request->payload);
}

static runar_status init(void* self, runar_ctx* ctx, runar_err* err) {
  (void)self;
  (void)err;
  const runar_action actions[] = {
      {.struct_size = sizeof(runar_action), .name = STR("wait"), .on_request = on_wait},
      {.struct_size = sizeof(runar_action), .name = STR("open"), .on_request = on_open}};
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; ++i) {
    const runar_status status = host->add_action(ctx, &actions[i], NULL);
    if (status != RUNAR_OK) {
      return status;
    }
  }
  return RUNAR_OK;
}

static void unload(void) {
  const char* path = getenv("GATE_UNLOADED");
  FILE* file = path == NULL ? NULL : fopen(path, "a");
  if (file != NULL) {
    fputc('1', file);
    fclose(file);
  }
}

static const runar_service_type gate = {.struct_size = sizeof gate,
                                        .name = STR("gate"),
                                        .version = STR("1"),
                                        .create = blank_create,
                                        .init = init,
                                        .start = blank_phase,
                                        .stop = blank_stop,
                                        .destroy = blank_destroy};
static const runar_service_type* const types[] = {&gate};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .name = STR("gate"),
                                    .version = STR("1.0.0"),
                                    .types = types,
                                    .type_count = 1,
                                    .unload = unload};

const runar_plugin* runar_plugin_v1(const runar_host* given, runar_err* err) {
  (void)err;
  host = given;
  return &plugin;
}
