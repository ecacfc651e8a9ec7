/* @NAME@: a runard service in plain C. Build it, copy @NAME@.so into the plugin folder, then:
 *   runarctl call @NAME@/greet -d World --as text */
#include <runar/plugin.h>
#include <stdlib.h>
#include <string.h>

RUNAR_MANIFEST(
    "{\"name\":\"@NAME@\",\"version\":\"0.1.0\",\"abi\":\"1.0\",\"services\":[\"@NAME@\"]}");

#define TEXT(literal) ((runar_str){(literal), sizeof(literal) - 1})

static const runar_host* host;

/* Answers "hello " and what was sent. The payload is lent until this function returns. */
static void on_greet(void* user, runar_ctx* ctx, const runar_request* request) {
  static const char hello[] = "hello ";
  const size_t hello_len = sizeof hello - 1;
  const runar_bytes sent = request->payload.bytes;
  uint8_t* bytes = NULL;
  runar_buf* buffer = host->buf_alloc(ctx, hello_len + sent.len, &bytes);
  (void)user;
  if (buffer == NULL) {
    host->fail(ctx, request->id, RUNAR_E_NO_MEMORY, TEXT("out of memory"), NULL);
    return;
  }
  memcpy(bytes, hello, hello_len);
  if (sent.len > 0) {
    memcpy(bytes + hello_len, sent.ptr, sent.len);
  }
  const runar_payload answer = {
      .bytes = {bytes, hello_len + sent.len}, .buf = buffer, .encoding = RUNAR_ENC_TEXT};
  host->respond(ctx, request->id, &answer);
  host->buf_release(buffer);
}

static runar_status create(runar_ctx* ctx, const runar_service_args* args, void** self,
                           runar_err* err) {
  (void)ctx, (void)args, (void)err;
  *self = NULL; /* this service has no state */
  return RUNAR_OK;
}

static runar_status init(void* self, runar_ctx* ctx, runar_err* err) {
  const runar_action greet = {.struct_size = sizeof greet,
                              .name = TEXT("greet"),
                              .summary = TEXT("greets who is named in the payload"),
                              .on_request = on_greet};
  runar_id id = 0;
  (void)self, (void)err;
  return host->add_action(ctx, &greet, &id);
}

static runar_status start(void* self, runar_ctx* ctx, runar_err* err) {
  (void)self, (void)ctx, (void)err;
  return RUNAR_OK;
}

static runar_status stop(void* self, runar_ctx* ctx, int64_t deadline_ns, runar_err* err) {
  (void)self, (void)ctx, (void)deadline_ns, (void)err;
  return RUNAR_OK;
}

static void destroy(void* self) {
  (void)self;
}

static const runar_service_type type = {.struct_size = sizeof type,
                                        .name = {"@NAME@", sizeof "@NAME@" - 1},
                                        .version = {"0.1.0", 5},
                                        .create = create,
                                        .init = init,
                                        .start = start,
                                        .stop = stop,
                                        .destroy = destroy};
static const runar_service_type* const types[] = {&type};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .abi_minor = RUNAR_ABI_MINOR,
                                    .name = {"@NAME@", sizeof "@NAME@" - 1},
                                    .version = {"0.1.0", 5},
                                    .types = types,
                                    .type_count = 1};

const runar_plugin* runar_plugin_v1(const runar_host* given, runar_err* err) {
  (void)err;
  host = given;
  return &plugin;
}
