// authorization: and allow: of plugins: what loads, and what is refused.
#include <catch2/catch_test_macros.hpp>

#include "loading.h"

using namespace runard;
using namespace runard::config;

namespace {

const std::string kNode(26, '0');

// A plugin with one service at p in main, and this allow:.
std::string plugin(const std::string& allow) {
  return "networks: [main, backup]\nplugins:\n  load:\n    - file: a.so\n      allow: " + allow +
         "\n      services: [ { type: t, path: p } ]\n";
}

}  // namespace

TEST_CASE("rules of authorization load as they are written") {
  const Loaded loaded = load_yaml(
      "authorization:\n"
      "  default: deny\n"
      "  rules:\n"
      "    - { allow: [call, publish], from: { group: web }, network: main, path: \"math/>\" }\n"
      "    - { deny: [admin, keys.read, register, subscribe], from: { node: " +
      kNode +
      " } }\n"
      "  labels: { user: { profiles: [caller], networks: [main], groups: [audit] } }\n");
  REQUIRE(lines_of(loaded) == Lines{});
  const Authorization& given = loaded.config->authorization;
  CHECK(given.access == Access::kDeny);
  REQUIRE(given.rules.size() == 2);
  CHECK(given.rules[0] == Rule{{"call", "publish"}, {}, {"", "web"}, "main", "math/>"});
  CHECK(given.rules[1].from.node == kNode);
  CHECK(given.labels.at("user") == Release{{"main"}, {"caller"}, {}, {"audit"}});
}

TEST_CASE("a rule names nodes by id: a name proves nothing") {
  CHECK(problems("authorization: { rules: [ { deny: [call], from: { node: edge-1 } } ] }") ==
        Lines{"c.yaml:1:57: authorization.rules[0].from.node: \"edge-1\" is not the id of a node, "
              "write the 26 characters that `runarctl node ls` shows; a name proves nothing"});
}

TEST_CASE("a rule that says nothing, or two things, is refused") {
  CHECK(problems("authorization: { rules: [ { path: a } ] }") ==
        Lines{"c.yaml:1:27: authorization.rules[0]: says nothing, write allow: [call], or deny: "
              "[call]"});
  CHECK(problems("authorization: { rules: [ { allow: [call], deny: [call] } ] }") ==
        Lines{"c.yaml:1:36: authorization.rules[0].allow: \"call\" is denied here too, keep one of "
              "them: the deny would win"});
  CHECK(problems("authorization: { rules: [ { allow: [call], from: { node: " + kNode +
                 ", group: web } } ] }") ==
        Lines{"c.yaml:1:50: authorization.rules[0].from: names more than one of node, group and "
              "label, make a rule of each"});
  CHECK(
      problems("authorization: { rules: [ { allow: [call], from: { group: web, label: a=b } } ] }")
          .size() == 1);
}

TEST_CASE("a rule names a node label by key and value") {
  const Loaded loaded =
      load_yaml("authorization: { rules: [ { deny: [call], from: { label: region=eu } } ] }");
  REQUIRE(lines_of(loaded) == Lines{});
  CHECK(loaded.config->authorization.rules[0].from.label == "region=eu");
  CHECK(problems("authorization: { rules: [ { deny: [call], from: { label: eu } } ] }") ==
        Lines{"c.yaml:1:58: authorization.rules[0].from.label: \"eu\" is not a node label, write "
              "KEY=VALUE, both of letters, digits, _ . or -"});
  for (const char* bad : {"=", "a=", "=b", "a=b=c", "a b=c", "a=*", "\"\""}) {
    INFO(bad);
    CHECK(problems("authorization: { rules: [ { deny: [call], from: { label: " + std::string(bad) +
                   " } } ] }")
              .size() == 1);
  }
}

TEST_CASE("unknown verbs, networks, patterns and profiles are refused") {
  CHECK(problems("authorization: { rules: [ { allow: [call, fly] } ] }") ==
        Lines{"c.yaml:1:43: authorization.rules[0].allow[1]: \"fly\" is nothing that can be "
              "allowed, write call, publish, subscribe, register, keys.read or admin"});
  CHECK(problems("authorization: { rules: [ { allow: [call], network: lab } ] }") ==
        Lines{"c.yaml:1:53: authorization.rules[0].network: the network \"lab\" is not joined, add "
              "it to networks.join, or write main"});
  CHECK(problems("authorization: { rules: [ { allow: [call], path: \"a/>/b\" } ] }").size() == 1);
  CHECK(problems("authorization: { rules: [ { allow: [call], path: \"main:a\" } ] }").size() == 1);
  CHECK(problems("authorization: { labels: { user: { profiles: [me] } } }") ==
        Lines{"c.yaml:1:47: authorization.labels.user.profiles[0]: \"me\" is not a profile, write "
              "caller, or a profile's id"});
}

TEST_CASE("T14: a label names profiles by their ids, never by a name that anybody may choose") {
  const std::string id(26, '0');
  CHECK(problems("encryption: { labels: { user: { profiles: [caller, owner, \"" + id +
                 "\"] } } }") == Lines{});
  CHECK(problems("encryption: { labels: { user: { profiles: [ann] } } }") ==
        Lines{"c.yaml:1:44: encryption.labels.user.profiles[0]: \"ann\" is not the id of a "
              "profile, write caller, owner, or the id that `runarctl profile export` prints; a "
              "name proves nothing"});
}

TEST_CASE("what a plugin may use is checked as topic patterns") {
  const Lines lines = problems(
      "plugins:\n  load:\n    - file: a.so\n"
      "      allow: { networks: [\"x y\"], call: [\"a/>/b\"], publish: [\"main:a\"] }\n"
      "      services: [ { type: t, path: p } ]\n");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] ==
        "c.yaml:4:27: plugins.load[0].allow.networks[0]: \"x y\" is not a name, write 1 to 64 "
        "letters, digits, _ . or -");
  CHECK(lines[1].starts_with("c.yaml:4:42: plugins.load[0].allow.call[0]: \"a/>/b\": '>' stands"));
  CHECK(lines[2] ==
        "c.yaml:4:62: plugins.load[0].allow.publish[0]: \"main:a\" names a network, write the path "
        "only");
}

TEST_CASE("T27: a plugin is mounted only where allow: lets it serve") {
  CHECK(problems(plugin("{ serve: [p] }")) == Lines{});
  CHECK(problems(plugin("{ serve: [\"*\"] }")) == Lines{});
  CHECK(problems(plugin("{ call: [\"users/>\"] }")) == Lines{});
  CHECK(problems(plugin("all")) == Lines{});
  CHECK(problems(plugin("{ serve: [math] }")) ==
        Lines{"c.yaml:6:36: plugins.load[0].services[0].path: \"p\" is not in allow.serve, add it "
              "there, or mount the service elsewhere"});
  CHECK(problems(plugin("{ networks: [backup] }")).size() == 1);
  CHECK(problems(plugin("{ networks: [lab] }")).size() == 2);
}
