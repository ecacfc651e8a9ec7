#include <catch2/catch_test_macros.hpp>

#include "loading.h"

using namespace runard;
using namespace runard::config;

namespace {

const std::string kPlugin = "plugins: { load: [ { file: a.so, services: [ { type: t, path: p } ], ";

}  // namespace

TEST_CASE("what belongs to a later version is refused as such") {
  const std::pair<std::string, std::string> cases[] = {
      {"transport: { quic: { io_threads: 2 } }",
       "c.yaml:1:34: transport.quic.io_threads: is not in this version, write 1 or leave the key "
       "out"},
      {"transport: { quic: { busy_poll: on } }",
       "c.yaml:1:33: transport.quic.busy_poll: \"on\" is not in this version, write off"},
      {"balancing: { default: p2c_ewma }",
       "c.yaml:1:23: balancing.default: \"p2c_ewma\" is not in this version, write round_robin"},
      {"balancing: { services: { reports: least_request } }",
       "c.yaml:1:35: balancing.services.reports: \"least_request\" is not in this version, write "
       "round_robin"},
      {"journal: { quota: 1GiB }", "c.yaml:1:10: journal: is not in this version, write off"},
      {"metrics: { listen: \"127.0.0.1:9464\" }",
       "c.yaml:1:20: metrics.listen: is not in this version, write off or leave the key out"},
      {"logging: { format: journald }",
       "c.yaml:1:20: logging.format: \"journald\" is not in this version, write text or json"},
      {"plugins: { trust: pinned }",
       "c.yaml:1:19: plugins.trust: \"pinned\" is not in this version, write open"},
      {"plugins: { trust: signed }",
       "c.yaml:1:19: plugins.trust: \"signed\" is not in this version, write open"},
      {kPlugin + "isolation: process } ] }",
       "c.yaml:1:81: plugins.load[0].isolation: \"process\" is not in this version, write inline"},
      {kPlugin + "limits: { memory: 1GiB } } ] }",
       "c.yaml:1:88: plugins.load[0].limits.memory: is not in this version, write 0 or leave the "
       "key out"},
      {kPlugin + "limits: { max_concurrency: 1 } } ] }",
       "c.yaml:1:97: plugins.load[0].limits.max_concurrency: is not in this version, write 64 or "
       "leave the key out"},
  };
  for (const auto& [yaml, line] : cases) {
    const Loaded loaded = load_yaml(yaml);
    CHECK(lines_of(loaded) == Lines{line});
    CHECK(loaded.problems[0].code == core::Errc::kNotInThisVersion);
  }
}

TEST_CASE("its default may stand there") {
  CHECK(
      problems(
          "transport: { quic: { io_threads: 1, busy_poll: off } }\n"
          "identity: { keystore: { kek: auto } }\n"
          "issuer: off\n"
          "encryption: { labels: {} }\n"
          "authorization: { default: members, rules: [] }\n"
          "balancing: { default: round_robin, services: { reports: round_robin } }\n"
          "journal: off\n"
          "metrics: { listen: off }\n"
          "plugins: { trust: open, load: [ { file: a.so, isolation: inline, allow: all, limits: { "
          "max_concurrency: 64, memory: 0 }, services: [ { type: t, path: p } ] } ] }\n") ==
      Lines{});
}

TEST_CASE("what belongs to a later version is still checked") {
  CHECK(problems("journal: { qouta: 1, on_full: explode }") ==
        Lines{"c.yaml:1:10: journal: is not in this version, write off",
              "c.yaml:1:12: journal.qouta: unknown key, did you mean quota?",
              "c.yaml:1:31: journal.on_full: \"explode\" is no choice here, write refuse or "
              "drop_oldest"});
}

TEST_CASE("an issuer names the folder of its CA") {
  CHECK(problems("transport: {}\nissuer: {}") ==
        Lines{"c.yaml:2:9: issuer.ca: is missing, add ca:"});
  CHECK(problems("transport: {}\nissuer: { ca: /var/lib/runard/ca, passphrase_file: /etc/p }") ==
        Lines{});
  CHECK(
      problems("issuer: { ca: /var/lib/runard/ca }") ==
      Lines{
          "c.yaml:1:9: issuer: needs transport, which is off, add `transport: {}`, or write off"});
}
