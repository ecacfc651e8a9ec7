#include "config/load.h"

#include <catch2/catch_test_macros.hpp>

#include "loading.h"

using namespace runard;
using namespace runard::config;
using namespace std::chrono_literals;

TEST_CASE("a file of one key loads, and all else has its default") {
  const Loaded loaded = load_yaml("node: { name: edge-1 }");

  REQUIRE(lines_of(loaded) == Lines{});
  const Config& config = *loaded.config;
  CHECK(config.node.name == "edge-1");
  CHECK(config.node.state_dir == "/var/lib/runard");
  CHECK_FALSE(config.node.workers);
  CHECK(config.networks.default_name == "main");
  CHECK(config.networks.join == std::vector<std::string>{"main"});
  CHECK(config.request_timeout == 5s);
  CHECK(config.limits == Limits{256 * kMiB, 4 * kMiB, 1024});
  CHECK(config.drain == Drain{500ms, 25s});
  CHECK(config.plugins.trust == Trust::kOpen);
  CHECK(config.control.socket == "/run/runard/control.sock");
  CHECK(config.balancing.strategy == Strategy::kRoundRobin);
  CHECK(config.identity.keystore.kek == KekSource::kAuto);
}

TEST_CASE("without transport and discovery a node is local only") {
  CHECK(load_yaml("node: { name: a }").config->local_only());
  CHECK(load_yaml("transport: off\ndiscovery: off").config->local_only());
  CHECK_FALSE(load_yaml("transport: {}").config->local_only());
}

TEST_CASE("every section reaches its field") {
  const Loaded loaded = load_yaml(R"(
node: { name: edge-1, state_dir: /srv/runard, workers: 3 }
request_timeout: 1500ms
limits: { memory: 1GiB, payload: 1MB, peers: 12 }
logging: { level: warn, format: json, levels: { transport: trace } }
transport: { quic: { listen: "127.0.0.1:0", advertise: ["192.0.2.7:8889"] } }
discovery:
  multicast: { group: "[ff12::8888]:9000", interfaces: [eth0, eth1], ttl: 3, interval: 250ms }
  peers: ["10.0.0.5:8889", "[fe80::1%eth0]:8889", "node-b.example:8889"]
drain: { grace: 0s, deadline: 1m }
control: { socket: /tmp/c.sock, group: users }
)");

  REQUIRE(lines_of(loaded) == Lines{});
  const Config& config = *loaded.config;
  CHECK(config.node == Node{"edge-1", "/srv/runard", 3});
  CHECK(config.request_timeout == 1500ms);
  CHECK(config.limits == Limits{kGiB, 1'000'000, 12});
  CHECK(config.logging ==
        Logging{core::Level::kWarn, LogFormat::kJson, {{"transport", core::Level::kTrace}}});
  CHECK(config.transport->quic.listen == HostPort{"127.0.0.1", 0});
  CHECK(config.transport->quic.advertise == std::vector<HostPort>{{"192.0.2.7", 8889}});
  Multicast multicast;
  multicast.group = HostPort{"ff12::8888", 9000};
  multicast.interfaces = {"eth0", "eth1"};
  multicast.ttl = 3;
  multicast.interval = 250ms;
  CHECK(config.discovery->multicast == multicast);
  CHECK(config.discovery->peers == std::vector<HostPort>{{"10.0.0.5", 8889},
                                                         {"fe80::1%eth0", 8889},
                                                         {"node-b.example", 8889}});
  CHECK(config.drain == Drain{0s, 1min});
  CHECK(config.control == Control{"/tmp/c.sock", "users"});
}

TEST_CASE("multicast can be off while peers are dialled") {
  const Loaded loaded =
      load_yaml("transport: {}\ndiscovery: { multicast: off, peers: [\"a.example:1\"] }");
  REQUIRE(loaded.config);
  CHECK_FALSE(loaded.config->discovery->multicast);
}

TEST_CASE("networks may be a mapping, a bare list, or only a default") {
  const Networks both{"backup", {"main", "backup"}};
  CHECK(load_yaml("networks: { default: backup, join: [main, backup] }").config->networks == both);
  CHECK(load_yaml("networks: [blue, green]").config->networks ==
        Networks{"blue", {"blue", "green"}});
  CHECK(load_yaml("networks: { default: blue }").config->networks == Networks{"blue", {"blue"}});
  CHECK(load_yaml("networks: { join: [] }").config->networks == Networks{"main", {"main"}});
}

TEST_CASE("all problems are found at once, in the order of the file") {
  CHECK(problems("request_timeout: 5\n"
                 "limits: { peers: 0 }\n"
                 "nod: { name: a }\n"
                 "transport:\n"
                 "  quic: { listen: 8889 }\n") ==
        Lines{
            "c.yaml:1:18: request_timeout: \"5\" has no unit, write 5s or 5ms",
            "c.yaml:2:18: limits.peers: \"0\" is out of range, write 1 to 65536",
            "c.yaml:3:1: nod: unknown key, did you mean node?",
            "c.yaml:5:19: transport.quic.listen: \"8889\" has no address, write [::]:8889",
        });
}

TEST_CASE("no more than a hundred problems are kept") {
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += "unknown" + std::to_string(i) + ": 1\n";
  }
  CHECK(problems(text).size() == kMaxProblems);
}

TEST_CASE("an unknown key gets the nearest one, its right place, or the list") {
  CHECK(problems("loging: { level: info }") ==
        Lines{"c.yaml:1:1: loging: unknown key, did you mean logging?"});
  CHECK(problems("limits: { peres: 3 }") ==
        Lines{"c.yaml:1:11: limits.peres: unknown key, did you mean peers?"});
  CHECK(problems("node: { payload: 4MiB }") ==
        Lines{"c.yaml:1:9: node.payload: unknown key, it belongs under limits"});
  CHECK(problems("logging: { request_timeout: 4s }") ==
        Lines{"c.yaml:1:12: logging.request_timeout: unknown key, it belongs under the top level"});
  CHECK(problems("drain: { elephants: 4 }") ==
        Lines{"c.yaml:1:10: drain.elephants: unknown key, the keys here are grace or deadline"});
  CHECK(
      problems("node: &n { name: a }\ncontrol: { <<: *n }") ==
      Lines{"c.yaml:2:12: control.<<: unknown key, write the keys out: merging is not supported"});
}

TEST_CASE("a key that stands twice is a problem") {
  CHECK(problems("request_timeout: 5s\nrequest_timeout: 6s\n") ==
        Lines{"c.yaml:2:1: the key \"request_timeout\" is here already, in line 1, keep one of "
              "them"});
}

TEST_CASE("the wrong kind of value is named") {
  CHECK(problems("node: edge") ==
        Lines{"c.yaml:1:7: node: a value does not fit here, write a mapping"});
  CHECK(problems("node: []") ==
        Lines{"c.yaml:1:7: node: a list does not fit here, write a mapping"});
  CHECK(problems("limits:\n") == Lines{"c.yaml:1:1: limits: is empty, leave the key out, "
                                       "or write a mapping"});
  CHECK(problems("request_timeout: [5s]") == Lines{"c.yaml:1:18: request_timeout: a list does not "
                                                   "fit here, write one value: duration, 1ms to "
                                                   "1d"});
  CHECK(problems("request_timeout: null") ==
        Lines{"c.yaml:1:1: request_timeout: is empty, leave the key out, or write one "
              "value: duration, 1ms to 1d"});
  CHECK(problems("networks: { join: main }") ==
        Lines{"c.yaml:1:19: networks.join: a value does not fit here, write a list: [name]"});
  CHECK(problems("plugins: { load: { file: a.so } }") ==
        Lines{"c.yaml:1:18: plugins.load: a mapping does not fit here, write a list"});
  CHECK(problems("plugins: { load: [math.so] }") ==
        Lines{"c.yaml:1:19: plugins.load[0]: a value does not fit here, write a mapping"});
  CHECK(problems("logging: { levels: { transprot: debug } }") ==
        Lines{"c.yaml:1:22: logging.levels.transprot: \"transprot\" is no component that logs, did "
              "you mean "
              "transport?"});
  CHECK(problems("logging: { levels: { plugin_host: debug } }") ==
        Lines{"c.yaml:1:22: logging.levels.plugin_host: \"plugin_host\" is no component that logs, "
              "write "
              "admin, discovery, identity, issuer, keys, mesh, plugins, policy, runard, sealing or "
              "transport"});
  CHECK(problems("logging: { levels: [mesh] }") ==
        Lines{"c.yaml:1:20: logging.levels: a list does not fit here, write a mapping"});
}

TEST_CASE("a choice lists what there is") {
  CHECK(problems("logging: { level: debgu }") ==
        Lines{"c.yaml:1:19: logging.level: \"debgu\" is no choice here, did you mean debug? The "
              "choices are trace, debug, info, warn or error"});
  CHECK(problems("logging: { format: xml }") ==
        Lines{"c.yaml:1:20: logging.format: \"xml\" is no choice here, write text or json"});
  CHECK(problems("plugins: { auto_enable: yes }") ==
        Lines{"c.yaml:1:25: plugins.auto_enable: \"yes\" is neither true nor false, write true or "
              "false"});
  CHECK(problems("transport: on") ==
        Lines{"c.yaml:1:12: transport: \"on\" does not fit here, write off, or a mapping"});
  CHECK(problems("node: { workers: many }") ==
        Lines{"c.yaml:1:18: node.workers: \"many\" is not a whole number, write digits only, or "
              "auto"});
}

TEST_CASE("interfaces are auto or a list with something in it") {
  const std::string before = "transport: {}\ndiscovery: { multicast: { interfaces: ";
  CHECK(problems(before + "eth0 } }") ==
        Lines{"c.yaml:2:39: discovery.multicast.interfaces: \"eth0\" does not fit here, write "
              "auto, or a list: [interface]"});
  CHECK(problems(before + "[] } }") ==
        Lines{"c.yaml:2:39: discovery.multicast.interfaces: is empty, write auto, or a list: "
              "[interface]"});
  CHECK(problems(before + "[\"a b\"] } }") ==
        Lines{"c.yaml:2:40: discovery.multicast.interfaces[0]: \"a b\" is not the name of a "
              "network interface, write one that `ip link` lists"});
}

TEST_CASE("settings that contradict each other are found") {
  CHECK(problems("discovery: {}") == Lines{"c.yaml:1:12: discovery: needs transport, which is "
                                           "off, add `transport: {}`, or write off"});
  CHECK(problems("limits: { memory: 16MiB, payload: 5MiB }") ==
        Lines{"c.yaml:1:35: limits.payload: is more than a quarter of limits.memory, write less, "
              "or raise limits.memory"});
  CHECK(problems("drain: { grace: 30s }") ==
        Lines{"c.yaml:1:17: drain.grace: is more than drain.deadline, write less, or raise "
              "drain.deadline"});
  CHECK(problems("networks: { default: blue, join: [main, backup] }") ==
        Lines{"c.yaml:1:22: networks.default: \"blue\" is not joined, add it to networks.join, or "
              "write main or backup"});
  CHECK(problems("networks: [main, main]") ==
        Lines{"c.yaml:1:18: networks.join[1]: \"main\" is joined already, keep one of them"});
}

TEST_CASE("names and paths are checked") {
  CHECK(problems("node: { name: a b }") ==
        Lines{"c.yaml:1:15: node.name: \"a b\" is not a name, write 1 to 64 letters, digits, _ . "
              "or -"});
  CHECK(problems("networks: [..]") ==
        Lines{"c.yaml:1:12: networks.join[0]: \"..\" is not a name, write a letter or digit, too"});
  CHECK(problems("node: { state_dir: lib }") ==
        Lines{"c.yaml:1:20: node.state_dir: \"lib\" is not an absolute path, begin it with /"});
  CHECK(problems("node: { state_dir: \"\" }") ==
        Lines{"c.yaml:1:20: node.state_dir: is empty, leave the key out, or write a value"});
  CHECK(problems("node: { state_dir: \"/a\\nb\" }") ==
        Lines{"c.yaml:1:20: node.state_dir: \"/a\\nb\" holds a control character, remove it"});
  CHECK(problems("control: { socket: /" + std::string(107, 'x') + " }") ==
        Lines{"c.yaml:1:20: control.socket: \"/" + std::string(59, 'x') +
              "…\" is too long for a socket, write at most 107 bytes"});
  CHECK(problems("control: { group: \"a:b\" }") ==
        Lines{"c.yaml:1:19: control.group: \"a:b\" is not the name of a group, write one of "
              "/etc/group"});
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(problems("logging: { format: \"größe\", level: 1 }") ==
        Lines{"c.yaml:1:20: logging.format: \"größe\" is no choice here, write text or json",
              "c.yaml:1:36: logging.level: \"1\" is no choice here, write trace, debug, info, "
              "warn or error"});
}

TEST_CASE("a list has a bound") {
  std::string text = "networks: [n0";
  for (int i = 1; i <= 1024; ++i) {
    text += ", n" + std::to_string(i);
  }
  CHECK(problems(text + "]") ==
        Lines{"c.yaml:1:11: networks.join: has 1025 items, write at most 1024"});
}

TEST_CASE("a file that can't be read is a problem") {
  const Loaded missing = load("/does/not/exist.yaml", nullptr);
  CHECK(lines_of(missing) == Lines{"/does/not/exist.yaml: can't be read: No such file or "
                                   "directory; check the path and its permissions"});
  CHECK(missing.problems[0].code == core::Errc::kConfigUnreadable);
  CHECK(lines_of(load("/dev/zero", nullptr)) ==
        Lines{"/dev/zero: is larger than 1024 KiB; split what it configures over several nodes"});
  CHECK(lines_of(load("/", nullptr)) ==
        Lines{"/: can't be read: Is a directory; check the path and its permissions"});
}
