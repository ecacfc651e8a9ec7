#include "config/schema.h"

#include "config/visit.h"

namespace runard::config {
namespace {

using namespace std::chrono_literals;
using enum When;

constexpr Option<core::Level> kLevels[] = {
    {"trace", core::Level::kTrace}, {"debug", core::Level::kDebug}, {"info", core::Level::kInfo},
    {"warn", core::Level::kWarn},   {"error", core::Level::kError},
};
constexpr Option<LogFormat> kFormats[] = {
    {"text", LogFormat::kText},
    {"json", LogFormat::kJson},
    {"journald", LogFormat::kJournald, kLater},
};

}  // namespace

// Not in the namespace above: the templates of visit.h find them by their arguments.
static void describe(Visitor& v, Node& node) {
  setting(v,
          {"name",
           "What people call this node. Left out: the name in its certificate, else the host's."},
          node.name, Text(kName));
  setting(v, {"state_dir", "Where the daemon keeps its identity and what must survive a restart."},
          node.state_dir, Text(kAbsolutePath));
  setting_or(v,
             {"workers", "Threads that run the services' handlers. auto: one for each processor."},
             node.workers, "auto", Number(1, 1024));
}

static void describe(Visitor& v, Networks& networks) {
  setting(v,
          {"default",
           "The network that a service or topic without one belongs to. Left out: the "
           "first of join."},
          networks.default_name, Text(kName));
  settings(v,
           {"join",
            "The networks that this node takes part in. Its certificate has to name them "
            "too. networks may also be just this list."},
           networks.join, Text(kName));
}

static void describe(Visitor& v, Limits& limits) {
  setting(v,
          {"memory",
           "What messages of all links together may hold; beyond it they wait, or are refused. "
           "Half is for requests and replies that are sent, a quarter for requests (until their "
           "handlers let go of them) and events that arrive, a quarter for replies that arrive. "
           "Not in it, a link: 256 KiB each of requests and of replies that are sent, the first 8 "
           "KiB of each that arrives, 1 MiB a lane of events that are sent, 128 KiB that arrive. "
           "Not in it, a service: 32 MiB of requests that wait for its handlers."},
          limits.memory, Size(16 * kMiB, 1024 * kGiB));
  setting(v, {"payload", "The largest request, reply or event."}, limits.payload,
          Size(kKiB, 64 * kMiB));
  setting(v, {"peers", "How many other nodes may be linked at once."}, limits.peers,
          Number(1, 65536));
}

static void describe(Visitor& v, Logging& logging) {
  setting(v, {"level", "The least important messages to log."}, logging.level,
          Choice<core::Level>(kLevels));
  setting(v, {"format", "How a line on standard error looks."}, logging.format,
          Choice<LogFormat>(kFormats));
  map(v,
      {"levels",
       "Levels of single components: admin, discovery, identity, issuer, keys, mesh, plugins, "
       "policy, runard, sealing or transport."},
      logging.levels, kLogComponent, [&v](const Key& key, core::Level& level) {
        setting(v, key, level, Choice<core::Level>(kLevels));
      });
}

static void describe(Visitor& v, Drain& drain) {
  setting(v,
          {"grace",
           "After SIGTERM, how long new remote requests are still taken while the other "
           "nodes learn of it."},
          drain.grace, Time(0s, 1min));
  setting(v, {"deadline", "How long requests in flight may then take to end."}, drain.deadline,
          Time(0s, 1h));
}

static void describe(Visitor& v, Control& control) {
  setting(v, {"socket", "The socket of runarctl, made with mode 0660."}, control.socket,
          Text(kSocketPath));
  setting(v, {"group", "The group that may use the socket, if it exists."}, control.group,
          Text(kGroupName));
}

static void describe(Visitor& v, Metrics& metrics) {
  setting_or(v, {"listen", "Where Prometheus may fetch the node's figures.", kLater},
             metrics.listen, "off", Address(AddressUse::kListen));
}

static void describe_mesh(Visitor& v, Config& config) {
  section_or(v,
             {"transport",
              "Links to other nodes. Without transport and discovery the node is "
              "local only and needs no identity."},
             config.transport, "off");
  section_or(v, {"discovery", "How other nodes are found. Needs transport."}, config.discovery,
             "off");
  section(v, {"identity", "Who this node is; its keys and certificate lie in node.state_dir."},
          config.identity);
  section_or(v, {"issuer", "Lets this node sign enrolments and renewals for the mesh."},
             config.issuer, "off");
  section(v, {"encryption", "Who may read the fields that types mark as private."},
          config.encryption);
  section(v, {"authorization", "Who may call, publish, subscribe and register what."},
          config.authorization);
  section(v, {"balancing", "Which of several providers of a service gets a request."},
          config.balancing);
  section_or(v, {"journal", "The store of guaranteed and retained events.", kLater}, config.journal,
             "off");
}

void describe(Visitor& v, Config& config) {
  section(v, {"node", "The node itself."}, config.node);
  section(v, {"networks", "The networks of this node.", kNow, Need::kOptional, "join"},
          config.networks);
  setting(v, {"request_timeout", "How long a request may take that sets no deadline of its own."},
          config.request_timeout, Time(1ms, 24h));
  section(v, {"limits", "Bounds of the whole node."}, config.limits);
  section(v, {"logging", "What is logged, and how."}, config.logging);
  describe_mesh(v, config);
  section(v, {"drain", "How the node stops after SIGTERM."}, config.drain);
  section(v, {"plugins", "The plugins and the services that they bring."}, config.plugins);
  section(v, {"control", "The control socket."}, config.control);
  section(v, {"metrics", "Figures for Prometheus."}, config.metrics);
}

}  // namespace runard::config
