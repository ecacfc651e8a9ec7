// The section about plugins and their services.
#include "config/schema.h"
#include "config/visit.h"

namespace runard::config {
namespace {

using namespace std::chrono_literals;
using enum When;

constexpr Option<Trust> kTrust[] = {
    {"open", Trust::kOpen},
    {"pinned", Trust::kPinned, kLater},
    {"signed", Trust::kSigned, kLater},
};
constexpr Option<Isolation> kIsolation[] = {
    {"inline", Isolation::kInline},
    {"process", Isolation::kProcess, kLater},
};
constexpr Option<Restart> kRestart[] = {
    {"no", Restart::kNo},
    {"on-failure", Restart::kOnFailure},
    {"always", Restart::kAlways},
};

}  // namespace

// Not in the namespace above: the templates of visit.h find them by their arguments.
static void describe(Visitor& v, Allow& allow) {
  settings(v, {"networks", "Networks. Left out: those that its services name."}, allow.networks,
           Text(kName));
  settings(v, {"serve", "Topics to offer. Left out: the paths of its services."}, allow.serve,
           Text(kTopicPattern));
  settings(v, {"call", "Actions to call."}, allow.call, Text(kTopicPattern));
  settings(v, {"publish", "Events to publish."}, allow.publish, Text(kTopicPattern));
  settings(v, {"subscribe", "Events to subscribe to."}, allow.subscribe, Text(kTopicPattern));
}

static void describe(Visitor& v, PluginLimits& limits) {
  setting(v, {"max_concurrency", "Requests that may run in it at once.", kLater},
          limits.max_concurrency, Number(1, 65536));
  setting(v, {"memory", "What a process of its own may take; 0 is no limit.", kLater},
          limits.memory, Size(0, 1024 * kGiB));
}

static void describe(Visitor& v, Backoff& backoff) {
  setting(v, {"min", "The wait before the first restart; it doubles each time."}, backoff.min,
          Time(1ms, 1h));
  setting(v, {"max", "The longest wait."}, backoff.max, Time(1ms, 24h));
}

static void describe_lifecycle(Visitor& v, Service& service) {
  setting(v,
          {"restart", "What happens when the service fails; always: also when it stops by itself."},
          service.restart, Choice<Restart>(kRestart));
  setting(v, {"init_timeout", "How long it may take to initialise."}, service.init_timeout,
          Time(1ms, 1h));
  setting(v, {"start_timeout", "How long it may take to start."}, service.start_timeout,
          Time(1ms, 1h));
  setting(v, {"stop_timeout", "How long it may take to stop."}, service.stop_timeout,
          Time(1ms, 1h));
  setting(v, {"health_interval", "How often it is asked for its health, if it tells."},
          service.health_interval, Time(100ms, 1h));
  section(v, {"backoff", "The waits between restarts."}, service.backoff);
}

static void describe(Visitor& v, Service& service) {
  setting(v, {"type", "A service type that the plugin offers.", kNow, Need::kRequired},
          service.type, Text(kTypeName));
  setting(v,
          {"path", "Where it is mounted: the topic path that its actions begin with.", kNow,
           Need::kRequired},
          service.path, Text(kMount));
  setting(v, {"network", "The network it belongs to. Left out: networks.default."}, service.network,
          Text(kName));
  settings(v, {"after", "Services that have to be started before, as path or network:path."},
           service.after, Text(kServiceRef));
  describe_lifecycle(v, service);
  v.free_form({"config",
               "The service's own settings, whatever they are. An unquoted file:/PATH stands for "
               "what that file holds."},
              service.config);
}

static void describe(Visitor& v, Plugin& plugin) {
  setting(
      v,
      {"file", "NAME.so, which lies in plugins.dir, or an absolute path.", kNow, Need::kRequired},
      plugin.file, Text(kPluginFile));
  setting(v, {"isolation", "Where it runs: in the daemon, or in a process of its own."},
          plugin.isolation, Choice<Isolation>(kIsolation));
  section_or(v,
             {"allow",
              "What the plugin may do, as topic patterns. all: everything; otherwise only "
              "what stands here."},
             plugin.allow, "all");
  section(v, {"limits", "Bounds of this plugin."}, plugin.limits);
  list(v,
       {"services", "The services to make of it. One type may be mounted several times.", kNow,
        Need::kRequired},
       plugin.services);
}

void describe(Visitor& v, Plugins& plugins) {
  setting(
      v,
      {"dir",
       "The folder that plugins are dropped into. It and they belong to root or to the daemon's "
       "user, and nobody else may write them."},
      plugins.dir, Text(kAbsolutePath));
  setting(
      v,
      {"trust", "Which files may be loaded. open: all that lie in the folder or are named below."},
      plugins.trust, Choice<Trust>(kTrust));
  setting(
      v,
      {"auto_enable", "Also runs plugins of the folder that are not named below. For development."},
      plugins.auto_enable, Flag());
  list(v, {"load", "The plugins to load."}, plugins.load);
}

}  // namespace runard::config
