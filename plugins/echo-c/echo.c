/* echo: a service in plain C. Three actions:
 *   echo         answers with what it was sent
 *   shout        answers later, from the strand, with the text in capitals
 *   greet/{name} answers with a greeting, and publishes it as <path>/greeted
 * It shows what a C plugin has to do: keep no pointer that was lent, answer each request once, free
 * what it allocated. */
#include <runar/plugin.h>
#include <stdlib.h>
#include <string.h>

RUNAR_MANIFEST(
    "{\"name\":\"echo-c\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"echo-c\"]}");

#define TEXT(literal) ((runar_str){(literal), sizeof(literal) - 1})

static const runar_host* host; /* set once, before anything else runs */

typedef struct echo {
  char* topic; /* where greetings are published */
  size_t topic_len;
} echo;

/* ---- echo: the payload may be handed back as it is, even its buffer is shared ---- */

static void on_echo(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  host->respond(ctx, request->id, &request->payload);
}

/* ---- shout: the request is answered after its handler returned ---- */

typedef struct shout {
  runar_id request;
  size_t len;
  char text[];
} shout;

static void shout_now(void* user, runar_ctx* ctx, runar_status why) {
  shout* job = user;
  if (why == RUNAR_OK) {
    runar_payload answer = {.bytes = {(const uint8_t*)job->text, job->len},
                            .encoding = RUNAR_ENC_TEXT};
    for (size_t i = 0; i < job->len; ++i) {
      if (job->text[i] >= 'a' && job->text[i] <= 'z') {
        job->text[i] = (char)(job->text[i] - 'a' + 'A');
      }
    }
    host->respond(ctx, job->request, &answer);
  } else { /* the service stops */
    host->fail(ctx, job->request, RUNAR_E_STOPPING, TEXT("the service stops"), NULL);
  }
  free(job);
}

static void on_shout(void* user, runar_ctx* ctx, const runar_request* request) {
  (void)user;
  const runar_bytes bytes = request->payload.bytes;
  if (request->payload.encoding != RUNAR_ENC_TEXT && request->payload.encoding != RUNAR_ENC_RAW) {
    host->fail(ctx, request->id, RUNAR_E_INVALID,
               TEXT("send text: runarctl call ... -d hello --as text"), NULL);
    return;
  }
  shout* job = malloc(sizeof *job + bytes.len);
  if (job == NULL) {
    host->fail(ctx, request->id, RUNAR_E_NO_MEMORY, TEXT("out of memory"), NULL);
    return;
  }
  job->request = request->id;
  job->len = bytes.len;
  if (bytes.len > 0) {
    memcpy(job->text, bytes.ptr, bytes.len); /* lent: gone when this function returns */
  }
  const runar_status posted = host->post(ctx, 0, shout_now, job, &(runar_id){0});
  if (posted < 0) { /* then shout_now never runs */
    free(job);
    host->fail(ctx, request->id, posted, TEXT("can't be done now"), NULL);
  }
}

/* ---- greet: a parameter of the path, and an event ---- */

static void on_greet(void* user, runar_ctx* ctx, const runar_request* request) {
  const echo* self = user;
  static const char hello[] = "hello ";
  const runar_str name = request->params[0].value; /* greet/{name} has just this one */
  const size_t hello_len = sizeof hello - 1;
  uint8_t* bytes = NULL;
  runar_buf* buffer = host->buf_alloc(ctx, hello_len + name.len, &bytes);
  if (buffer == NULL) {
    host->fail(ctx, request->id, RUNAR_E_NO_MEMORY, TEXT("out of memory"), NULL);
    return;
  }
  memcpy(bytes, hello, hello_len);
  memcpy(bytes + hello_len, name.ptr, name.len);
  const runar_payload payload = {
      .bytes = {bytes, hello_len + name.len}, .buf = buffer, .encoding = RUNAR_ENC_TEXT};
  const runar_publish event = {
      .struct_size = sizeof event, .topic = {self->topic, self->topic_len}, .payload = payload};
  if (host->publish(ctx, &event, NULL, NULL) < 0) {
    host->log(ctx, RUNAR_LOG_WARN, TEXT("the greeting was not published"), NULL, 0, request->id);
  }
  host->respond(ctx, request->id, &payload);
  host->buf_release(buffer); /* the host kept what it needs */
}

/* ---- lifecycle ---- */

static runar_status create(runar_ctx* ctx, const runar_service_args* args, void** out,
                           runar_err* err) {
  static const char suffix[] = "/greeted";
  (void)ctx;
  echo* self = malloc(sizeof *self);
  char* topic = malloc(args->path.len + sizeof suffix);
  if (self == NULL || topic == NULL) {
    free(self);
    free(topic);
    host->set_error(err, RUNAR_E_NO_MEMORY, TEXT("out of memory"));
    return RUNAR_E_NO_MEMORY;
  }
  memcpy(topic, args->path.ptr, args->path.len);
  memcpy(topic + args->path.len, suffix, sizeof suffix);
  self->topic = topic;
  self->topic_len = args->path.len + sizeof suffix - 1;
  *out = self;
  return RUNAR_OK;
}

static runar_status offer(echo* self, runar_ctx* ctx, const char* name, const char* summary,
                          runar_request_fn handler) {
  const runar_action action = {.struct_size = sizeof action,
                               .name = {name, strlen(name)},
                               .summary = {summary, strlen(summary)},
                               .on_request = handler,
                               .user = self};
  runar_id id = 0;
  return host->add_action(ctx, &action, &id);
}

static runar_status init(void* self, runar_ctx* ctx, runar_err* err) {
  (void)err; /* the host reports a refused registration itself */
  runar_status status = offer(self, ctx, "echo", "answers with what it was sent", on_echo);
  if (status == RUNAR_OK) {
    status = offer(self, ctx, "shout", "answers with the text in capitals", on_shout);
  }
  if (status == RUNAR_OK) {
    status = offer(self, ctx, "greet/{name}", "greets, and publishes the greeting", on_greet);
  }
  return status;
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
  free(((echo*)self)->topic);
  free(self);
}

/* ---- what the host asks for ---- */

static const runar_service_type type = {.struct_size = sizeof type,
                                        .name = {"echo-c", 6},
                                        .version = {"1.0.0", 5},
                                        .summary = {"an example in plain C", 21},
                                        .create = create,
                                        .init = init,
                                        .start = start,
                                        .stop = stop,
                                        .destroy = destroy};
static const runar_service_type* const types[] = {&type};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .abi_minor = RUNAR_ABI_MINOR,
                                    .name = {"echo-c", 6},
                                    .version = {"1.0.0", 5},
                                    .types = types,
                                    .type_count = 1};

const runar_plugin* runar_plugin_v1(const runar_host* given, runar_err* err) {
  (void)err;
  host = given;
  return &plugin;
}
