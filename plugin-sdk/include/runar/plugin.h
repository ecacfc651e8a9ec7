/* clang-format off */
/* runar/plugin.h - the plugin ABI of runard, major 1 (DRAFT until delivery and keys have used it).
 * C11 and C++11; needs only <stddef.h> and <stdint.h>. A plugin links nothing of the daemon.
 *
 * THREADS  [load]   the loader's thread; nothing else of this plugin runs meanwhile
 *          [strand] the service instance's strand: a role, not a thread. All [strand] calls of one
 *                   instance are serialised
 *          [pool]   any worker, concurrently: only what is flagged PARALLEL or BLOCKING
 *          [any]    any thread, the plugin's own included; thread-safe; does not wait
 * MEMORY   Whoever allocates frees. A pointer that is passed is borrowed until that call returns, unless
 *          it is a runar_buf that was retained. Nobody frees the other side's memory.
 * RE-ENTRY A host function never calls back into the plugin before it returns, with two exceptions: a
 *          buf release function may run inside buf_release, and call() with RUNAR_CALL_DIRECT may run
 *          the callee and on_reply inside call: that flag says that the caller holds no lock across it.
 * ONCE     A return value means "accepted here". If a host function that takes a callback returns
 *          RUNAR_OK, the callback runs exactly once (also on cancel and shutdown); if it returns an
 *          error, it never runs. Verdicts arrive in callbacks.
 * REFUSED  A registration that is refused inside init fails the phase, whatever init returns.
 * UNWIND   No exception, panic or longjmp may cross a function of this header.
 * STOP     Inside stop all host calls still work. When it has returned, those that begin something (call,
 *          publish, post, subscribe) give RUNAR_E_STOPPING, and what was begun before is called back with
 *          CANCELLED; the others still work. After destroy returned, all of them give RUNAR_E_STALE; a
 *          runar_ctx stays readable for ever.
 * NULL     Where a text or a payload is optional, {NULL, 0} is the empty one; NULL with a length is
 *          RUNAR_E_INVALID. A NULL runar_payload* is an empty payload of RUNAR_ENC_RAW. Where the host
 *          writes an id or a number for the plugin, a NULL out pointer is fine unless it says otherwise.
 * GROWTH   Structs that begin with struct_size grow at the end only. A plugin ignores a tail that it
 *          does not know. In what a plugin hands to the host, bytes past the size that the host knows
 *          must be zero, else RUNAR_E_TOO_NEW. Such structs are never embedded nor put into arrays by
 *          value. Structs without struct_size are frozen for the whole major. Unknown enum values and
 *          flags that the host sets are to be accepted; unknown flags that a plugin sets are refused
 *          (RUNAR_E_UNSUPPORTED).                                                                    */
#ifndef RUNAR_PLUGIN_H
#define RUNAR_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define RUNAR_ABI_MAJOR 1u
#define RUNAR_ABI_MINOR 0u
#define RUNAR_EXPORT __attribute__((visibility("default")))
/* Does *p, whose struct_size its writer set, carry the function or pointer f? */
#define RUNAR_HAS(p, f) \
  ((size_t)(p)->struct_size >= offsetof(__typeof__(*(p)), f) + sizeof((p)->f) && (p)->f)

/* ---- frozen value types ------------------------------------------------------------------------ */

typedef struct runar_str {
  const char *ptr; /* UTF-8, no NUL at the end */
  size_t len;
} runar_str;
typedef struct runar_bytes {
  const uint8_t *ptr;
  size_t len;
} runar_bytes;
typedef struct runar_kv {
  runar_str key, value;
} runar_kv;
typedef uint64_t runar_id;          /* generation-checked handle; a stale one gives RUNAR_E_STALE      */
typedef struct runar_ctx runar_ctx; /* one per service instance; never freed while the file is loaded  */
typedef struct runar_buf runar_buf; /* refcounted immutable bytes, may be shared by threads            */
typedef struct runar_err runar_err; /* where a failing plugin call leaves its message (set_error)      */

enum { RUNAR_ENC_RAW = 0, RUNAR_ENC_CBOR = 1, RUNAR_ENC_JSON = 2, RUNAR_ENC_TEXT = 3 };
typedef struct runar_payload {
  runar_bytes bytes;
  runar_buf *buf;     /* owns the bytes; NULL: they are merely borrowed           */
  uint64_t type_id;   /* from declare_type; 0: none                               */
  uint32_t encoding;  /* RUNAR_ENC_*                                              */
  uint32_t reserved0; /* zero                                                     */
} runar_payload;

typedef int32_t runar_status; /* 0 ok, > 0 progress, < 0 error; accept values that you do not know     */
enum {
  RUNAR_OK = 0,
  RUNAR_PENDING = 1, /* init, start, stop: the answer comes through phase_done                         */
  RUNAR_RESTART = 2, /* reconfigure: make a new instance instead                                       */
  RUNAR_E_INVALID = -1,
  RUNAR_E_STALE = -2,
  RUNAR_E_TOO_NEW = -3,
  RUNAR_E_NOT_FOUND = -4, /* no such service, action or id                                             */
  RUNAR_E_EXISTS = -5,
  RUNAR_E_DENIED = -6,
  RUNAR_E_BUSY = -7, /* a queue or limit is full, try later                                            */
  RUNAR_E_TIMEOUT = -8,
  RUNAR_E_CANCELLED = -9,
  RUNAR_E_UNAVAILABLE = -10, /* known, but nobody can take it now                                      */
  RUNAR_E_STOPPING = -11,
  RUNAR_E_UNSUPPORTED = -12,
  RUNAR_E_NO_MEMORY = -13,
  RUNAR_E_INTERNAL = -14,
  RUNAR_E_TOO_LARGE = -15,
  RUNAR_E_APP = -1000 /* -1000 and below: the service's own codes                                      */
};

enum { RUNAR_LOG_TRACE = 0, RUNAR_LOG_DEBUG, RUNAR_LOG_INFO, RUNAR_LOG_WARN, RUNAR_LOG_ERROR };
enum { RUNAR_PHASE_INIT = 1, RUNAR_PHASE_START = 2, RUNAR_PHASE_STOP = 3 };
enum { RUNAR_EXECUTED_UNKNOWN = 0, RUNAR_EXECUTED_NO = 1, RUNAR_EXECUTED_YES = 2 };

/* A CBOR field that is private and can't be read here is this tag around the list of its labels. */
#define RUNAR_CBOR_TAG_REDACTED 1381322322u

/* ---- what handlers see (borrowed for the length of the call) ----------------------------------- */

enum { RUNAR_REQ_REMOTE = 1u << 0, RUNAR_REQ_IDEMPOTENT = 1u << 1 };
typedef struct runar_request {
  uint32_t struct_size, flags;
  runar_id id; /* answer with respond() or fail(): once, from any thread, now or later                 */
  runar_str network, path, action; /* "main", "users/42/profile", "users/{user_id}/profile"            */
  const runar_kv *params;          /* user_id = 42; "a/b" where the path has a%2Fb                     */
  size_t param_count;
  const runar_kv *meta; /* the caller's metadata: 32 pairs, keys of 256 bytes, 12 KiB in all at most   */
  size_t meta_count;
  runar_payload payload;
  int64_t deadline_ns;       /* on now_ns()'s clock; INT64_MAX: none                                   */
  runar_str caller_node;     /* as its certificate says; empty: this node                              */
  runar_str caller_service;  /* as that node says                                                      */
  runar_str caller_profile;  /* verified profile id of the user behind the call, or empty              */
  uint64_t trace;            /* one number for a call and all that it causes                           */
} runar_request;

enum {
  RUNAR_EV_RETAINED = 1u << 0,    /* replayed by include_past                                          */
  RUNAR_EV_REMOTE = 1u << 1,
  RUNAR_EV_REDELIVERED = 1u << 2, /* may have been handled before a crash or failover                  */
  RUNAR_EV_GAP = 1u << 3          /* events before this one were lost to a full queue                  */
};
typedef struct runar_event {
  uint32_t struct_size, flags;
  runar_id id;                /* for event_done, with RUNAR_SUB_MANUAL                                 */
  runar_str network, topic;   /* the topic it was published to, never the subscription's pattern       */
  const runar_kv *params;     /* what the subscription's {names} captured                              */
  size_t param_count;
  const runar_kv *meta;
  size_t meta_count;
  runar_payload payload;
  int64_t published_unix_ns;
  runar_str source_node;      /* empty: this node                                                      */
  runar_str source_service;
  uint64_t sequence;          /* counts by one per publishing instance and topic                       */
  runar_str owner_profile;    /* whose private data this is, or empty                                  */
} runar_event;

typedef struct runar_reply { /* what a call() brought back */
  uint32_t struct_size, flags;
  runar_status status;
  uint32_t executed;     /* RUNAR_EXECUTED_*: whether the work was done, when status is an error       */
  runar_str message;     /* empty when status is RUNAR_OK                                              */
  runar_payload payload; /* the result, or the error's details                                         */
  runar_str served_by;   /* the node; empty: this one                                                  */
} runar_reply;

typedef struct runar_receipt { /* what became of a publish() */
  uint32_t struct_size, flags;
  runar_status status; /* RUNAR_OK, or why it was refused                                              */
  uint32_t stage;      /* RUNAR_RECEIPT_*                                                              */
  uint32_t reached;    /* subscriptions and peers that it was handed to                                */
  uint32_t reserved0;
  runar_id event;      /* its id where it was stored                                                   */
} runar_receipt;
enum { RUNAR_RECEIPT_REFUSED = 0, RUNAR_RECEIPT_SENT = 1, RUNAR_RECEIPT_STORED = 2 };

typedef void (*runar_request_fn)(void *user, runar_ctx *ctx, const runar_request *request);
typedef void (*runar_event_fn)(void *user, runar_ctx *ctx, const runar_event *event);
typedef void (*runar_reply_fn)(void *user, runar_ctx *ctx, runar_id call, const runar_reply *reply);
typedef void (*runar_receipt_fn)(void *user, runar_ctx *ctx, const runar_receipt *receipt);
typedef void (*runar_task_fn)(void *user, runar_ctx *ctx, runar_status why); /* OK or CANCELLED        */
typedef void (*runar_free_fn)(void *user);

/* ---- what a service registers and asks for ----------------------------------------------------- */

enum {
  RUNAR_FN_PARALLEL = 1u << 0,   /* [pool] instead of [strand]                                         */
  RUNAR_FN_BLOCKING = 1u << 1,   /* [pool], on the elastic threads that are allowed to wait            */
  RUNAR_FN_PROMPT = 1u << 2,     /* [pool], never waits: may run on the I/O thread that received it    */
  RUNAR_FN_IDEMPOTENT = 1u << 3  /* may be retried after an unknown outcome                            */
};
typedef struct runar_action {
  uint32_t struct_size, flags;
  runar_str name;          /* "add" or "{user_id}/profile", below the service's mount; "": the mount   */
  runar_str summary;
  runar_str input_schema;  /* JSON Schema text or empty                                                */
  runar_str output_schema;
  uint32_t max_concurrency;    /* unanswered requests at once; 0: the daemon's default                 */
  uint32_t default_timeout_ms; /* of calls without a deadline, on any node; 0: the caller's default    */
  runar_request_fn on_request;
  void *user;
  runar_free_fn drop_user; /* once, when on_request will not run again; may be NULL                    */
} runar_action;

enum {
  RUNAR_SUB_MANUAL = 1u << 0,  /* consumed when event_done says so, not when on_event returns          */
  RUNAR_SUB_DURABLE = 1u << 1  /* with group: guaranteed events wait for this group while it is away   */
};
/* RUNAR_BLOCK: its publishers are answered BUSY, or, on other nodes, wait for room, and with them a part of
 * their other topics: keep up, or make the queue large enough for what may come at once                */
enum { RUNAR_DROP_OLDEST = 0, RUNAR_DROP_NEWEST = 1, RUNAR_DISCONNECT = 2, RUNAR_BLOCK = 3 };
typedef struct runar_subscription {
  uint32_t struct_size, flags;
  runar_str topic;         /* "math/result", "users/{id}/>", "backup:math/result"                     */
  runar_str group;         /* one member of a group gets each event; empty: none                       */
  int64_t include_past_ns; /* replay retained events up to this old, a year at most, then live; 0: none */
  uint32_t queue_limit;    /* events; 0: the daemon's default                                          */
  uint32_t overflow;       /* RUNAR_DROP_OLDEST ... RUNAR_BLOCK                                        */
  uint64_t queue_bytes;    /* 0: the daemon's default                                                  */
  runar_event_fn on_event; /* [strand]                                                                 */
  void *user;
  runar_free_fn drop_user;
} runar_subscription;
enum { RUNAR_EVENT_OK = 0, RUNAR_EVENT_RETRY = 1, RUNAR_EVENT_DROP = 2 };

enum {
  RUNAR_CALL_DIRECT = 1u << 0,    /* see RE-ENTRY                                                      */
  RUNAR_CALL_IDEMPOTENT = 1u << 1
};
typedef struct runar_call {
  uint32_t struct_size, flags;
  runar_str path;        /* "math/add" or "network:math/add"                                           */
  runar_str target_node; /* a node's name or id; empty: the balancer chooses                           */
  runar_payload payload;
  int64_t deadline_ns;   /* on now_ns()'s clock; 0: the daemon's default                               */
  runar_id parent;       /* the request being served: deadline, trace, cancellation, user: inherited   */
  const runar_kv *meta;
  size_t meta_count;
  /* Profile ids that private fields of what is sent are sealed for as well, each where a rule of this
   * node (authorization.labels) names it for the field's label; any other gets nothing by being named,
   * and the message goes without it. At most 16; not about the reply, nor about what stays on the node */
  const runar_str *recipients;
  size_t recipient_count;
} runar_call;

enum {
  RUNAR_PUB_LOCAL = 1u << 0,     /* to this node's subscribers only                                    */
  RUNAR_PUB_GUARANTEED = 1u << 1
};
typedef struct runar_publish {
  uint32_t struct_size, flags;
  runar_str topic;       /* "math/result"; no wildcards                                                */
  runar_str target_node; /* a node's name or id; empty: every subscriber                               */
  runar_payload payload;
  int64_t retain_ns;     /* keep for later subscribers, for a year at most; 0: not                     */
  const runar_kv *meta;
  size_t meta_count;
  runar_str owner_profile;
  const runar_str *recipients; /* as in runar_call; of a retained event for later subscribers, too     */
  size_t recipient_count;
} runar_publish;

typedef struct runar_type {
  uint32_t struct_size, flags;
  runar_str name;   /* "com.example.Profile"                                                           */
  runar_str schema; /* JSON Schema text; "x-runar-label": "user" or a list, on a property, marks it private;
                       "x-runar-owner" at the root names the property with the owner's profile id */
} runar_type;

/* ---- the daemon's side ------------------------------------------------------------------------- */

typedef struct runar_host {
  uint32_t struct_size, abi_minor;
  const void *(*extension)(const char *id); /* NULL: not there                                [any]    */
  int64_t (*now_ns)(void);                  /* monotonic                                      [any]    */
  void (*set_error)(runar_err *err, runar_status code, runar_str message);                 /* [any]    */
  int (*log_enabled)(runar_ctx *, int32_t level);                                          /* [any]    */
  void (*log)(runar_ctx *, int32_t level, runar_str message, const runar_kv *fields,
              size_t field_count, runar_id request);                                       /* [any]    */

  /* lifecycle: the answer of an init, start or stop that returned RUNAR_PENDING. Of a service that runs
   * and is not being stopped, RUNAR_PHASE_STOP says that it has ended by itself: with RUNAR_OK it is
   * stopped, with an error it has failed; either way its stop and destroy follow, and what comes then is
   * what the YAML's `restart` says. RUNAR_E_STALE: there is no such phase, or it was answered already.
   * No message is refused for what stands in it, here and in set_error and fail: the host cuts it between
   * two characters at 4096 bytes and makes each byte that is not UTF-8 a '?' (of a phase, controls too) */
  runar_status (*phase_done)(runar_ctx *, uint32_t phase, runar_status, runar_str message); /* [any]   */

  /* registry; actions are added inside init only (later: RUNAR_E_UNSUPPORTED) and become callable in one
   * batch after start */
  runar_status (*add_action)(runar_ctx *, const runar_action *, runar_id *out);            /* [any]    */
  /* events of a subscription made in init come once the service runs, of one made in start at once    */
  runar_status (*subscribe)(runar_ctx *, const runar_subscription *, runar_id *out);       /* [any]    */
  runar_status (*remove)(runar_ctx *, runar_id action_or_subscription);                    /* [any]    */
  runar_status (*declare_type)(runar_ctx *, const runar_type *, uint64_t *type_id); /* not NULL [any]  */

  /* requests that this service answers; a second answer to one id gives RUNAR_E_STALE. With any other
   * error nothing was answered and the id stays open: give another answer. fail takes errors (below 0)
   * only, with any message (see phase_done); details may be NULL. RUNAR_E_BUSY, _UNAVAILABLE and
   * _STOPPING say that nothing was done, and the daemon may ask another provider; not of a request that
   * has begun calls (as their parent or in its handler) or whose handler has published. After other side
   * effects answer with another code */
  runar_status (*respond)(runar_ctx *, runar_id request, const runar_payload *);           /* [any]    */
  runar_status (*fail)(runar_ctx *, runar_id request, runar_status code, runar_str message,
                       const runar_payload *details);                                      /* [any]    */
  /* RUNAR_OK while somebody waits, else CANCELLED, TIMEOUT or STALE */
  runar_status (*request_state)(runar_ctx *, runar_id request);                            /* [any]    */
  runar_status (*event_done)(runar_ctx *, runar_id event, uint32_t verdict, int64_t retry_after_ns); /* [any] */

  /* traffic that this service starts; on_reply and on_receipt run on the strand [strand] */
  runar_status (*call)(runar_ctx *, const runar_call *, runar_reply_fn on_reply, void *user, runar_id *out); /* [any] */
  runar_status (*publish)(runar_ctx *, const runar_publish *, runar_receipt_fn on_receipt, void *user); /* on_receipt may be NULL [any] */
  runar_status (*post)(runar_ctx *, int64_t delay_ns, runar_task_fn, void *user, runar_id *out); /* [any] */
  runar_status (*cancel)(runar_ctx *, runar_id call_or_task); /* its callback still runs, with CANCELLED [any] */
  int (*on_strand)(runar_ctx *);                                                           /* [any]    */

  /* buffers: alloc gives writable bytes that are frozen by their first use in a payload */
  runar_buf *(*buf_alloc)(runar_ctx *, size_t len, uint8_t **bytes); /* NULL: no memory       [any]    */
  runar_buf *(*buf_wrap)(runar_ctx *, runar_bytes, runar_free_fn release, void *user);     /* [any]    */
  void (*buf_retain)(runar_buf *);                                                         /* [any]    */
  void (*buf_release)(runar_buf *);                                                        /* [any]    */
} runar_host;

/* Extensions: string ids, immutable once released, an id does not change when it leaves draft. A host
 * that does not have one answers NULL.                                                                */
#define RUNAR_EXT_SECRETS "runar.secrets/1"
typedef struct runar_secrets {
  uint32_t struct_size, reserved0;
  /* what the YAML grants by name; NULL in a host that grants nothing by name (ask with RUNAR_HAS) [any] */
  runar_status (*get)(runar_ctx *, runar_str name, runar_buf **out);
  /* encryption of what a service stores itself: seal gives bytes that only open of the same service
   * (network and mount) on the same node takes, with the same context: UTF-8 of at most 256 bytes that says
   * what the bytes are, "users/42" or "". Bytes open as well after the node's keys were rotated. They do not
   * wait. `out`, not NULL, gets RUNAR_ENC_RAW and a reference to its buf: release it. RUNAR_E_DENIED: does
   * not open here; RUNAR_E_UNAVAILABLE: this node has no keys, it is local only; RUNAR_E_TOO_LARGE      */
  runar_status (*seal)(runar_ctx *, runar_str context, runar_bytes plain, runar_payload *out);  /* [any] */
  runar_status (*open)(runar_ctx *, runar_str context, runar_bytes sealed, runar_payload *out); /* [any] */
} runar_secrets;
#define RUNAR_EXT_METRICS "runar.metrics/1"
typedef struct runar_metrics {
  uint32_t struct_size, reserved0;
  runar_status (*define)(runar_ctx *, uint32_t kind, runar_str name, runar_str help, runar_id *out); /* [any] */
  void (*add)(runar_ctx *, runar_id metric, double value);                                 /* [any]    */
} runar_metrics;
enum { RUNAR_METRIC_COUNTER = 0, RUNAR_METRIC_GAUGE = 1, RUNAR_METRIC_HISTOGRAM = 2 };

/* ---- the plugin's side ------------------------------------------------------------------------- */

typedef struct runar_service_args {
  uint32_t struct_size, flags;
  runar_str path, network, instance; /* where the YAML mounted this instance                           */
  runar_str config_json;             /* its own config subtree as JSON; "{}" when there is none        */
  runar_str data_dir;                /* private, writable, survives restarts; empty: none              */
} runar_service_args;

enum { RUNAR_TYPE_EXCLUSIVE = 1u << 0 /* two instances must not overlap, as for a database's owner */ };
typedef struct runar_service_type {
  uint32_t struct_size, flags;
  runar_str name, version, summary, config_schema; /* the last is not looked at in this version */
  runar_status (*create)(runar_ctx *, const runar_service_args *, void **self, runar_err *); /* [strand] */
  runar_status (*init)(void *self, runar_ctx *, runar_err *);  /* register here             [strand]   */
  runar_status (*start)(void *self, runar_ctx *, runar_err *); /* all inits are done        [strand]   */
  runar_status (*stop)(void *self, runar_ctx *, int64_t deadline_ns, runar_err *);       /* [strand]   */
  void (*destroy)(void *self); /* no call of this instance runs or will follow              [strand]   */
  /* optional from here: may be NULL or absent, for ever. None of them may be RUNAR_PENDING.
   * reconfigure: RUNAR_OK, the new config is in force; an error, the old one stays, and the text is what
   * the operator reads; RUNAR_RESTART, or no such function: the service is stopped and a new instance is
   * created with it, or, where that does not come to run, with the old one. health: asked from time to
   * time while it runs; an error makes it degraded, not stopped */
  runar_status (*reconfigure)(void *self, runar_ctx *, runar_str config_json, runar_err *); /* [strand] */
  void (*cancelled)(void *self, runar_ctx *, runar_id request); /* its caller is gone       [strand]   */
  runar_status (*health)(void *self, runar_ctx *, runar_err *);                          /* [strand]   */
} runar_service_type;

typedef struct runar_plugin {
  uint32_t struct_size, abi_minor, min_host_minor, flags;
  runar_str name, version;                /* must equal the manifest's                                 */
  const runar_service_type *const *types; /* pointers: an entry may grow                               */
  size_t type_count;
  void (*unload)(void); /* optional; the last call; after it no thread of the plugin runs   [load]     */
} runar_plugin;

/* The one exported symbol; the major is in its name. Called once per mapped file. NULL: failure, told
 * through err.                                                                             [load]     */
RUNAR_EXPORT const runar_plugin *runar_plugin_v1(const runar_host *host, runar_err *err);
typedef const runar_plugin *(*runar_plugin_v1_fn)(const runar_host *, runar_err *);

/* The manifest: an ELF note that is read before the file is mapped, so that inspecting runs no code. JSON,
 * {"name":"math","version":"1.0.0","abi":"1.0","services":["math"],"wants":{...}}; "wants" is not read yet */
#define RUNAR_NOTE_MANIFEST 1u
#define RUNAR_MANIFEST(json)                                                                        \
  __attribute__((section(".note.runar"), used, aligned(4))) static const struct {                   \
    uint32_t namesz, descsz, type;                                                                  \
    char name[8];                                                                                   \
    char desc[sizeof(json)];                                                                        \
  } runar_manifest_note = {6u, (uint32_t)sizeof(json), RUNAR_NOTE_MANIFEST, "Runar\0\0", json}

#ifdef __cplusplus
}
#endif
#endif
