// What the Rust original's routing gets wrong, one test a defect (the section of the notes behind
// each).
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "routing/route_trie.h"
#include "unit/routing/topics.h"

using namespace runard::routing;
using runard::core::Errc;

namespace {

using Trie = RouteTrie<std::string>;

std::vector<std::string> receivers(const Trie& trie, std::string_view text) {
  std::vector<std::string> values;
  trie.for_each_match(path(text), [&](const Trie::Entry& entry, const Captures&) {
    values.push_back(entry.value);
  });
  return values;
}

std::string handler(const Trie& trie, std::string_view text) {
  const Trie::Entry* entry = trie.best(path(text));
  return entry == nullptr ? "none" : entry->value;
}

using Names = std::vector<std::string>;

}  // namespace

// --- 1.1 grammar -----------------------------------------------------------------------------

TEST_CASE("defect: the default network was not validated and could be empty") {
  CHECK(TopicPath::parse("a/b", "").has_error());
  CHECK(TopicPath::parse("a/b", "two words").has_error());
  CHECK(TopicPath::parse("a/b", std::string(65, 'n')).has_error());
  CHECK(TopicPattern::parse("a/*", "").has_error());
}

TEST_CASE("defect: the text of a path kept its doubled and outer slashes") {
  CHECK(path("/a//b/").text() == "main:a/b");
  CHECK(pattern("//a///*/").text() == "main:a/*");
}

TEST_CASE("defect: more than 32 segments overflowed a shift, and a peer could do it") {
  std::string text = "s";
  for (int i = 0; i < 32; ++i) {
    text += "/s";
  }
  CHECK(TopicPath::parse(text, "main").error().code == Errc::kBadTopic);
  CHECK(TopicPattern::parse(text, "main").error().code == Errc::kBadPattern);
}

TEST_CASE("defect: a template's parameter could have no name") {
  CHECK_FALSE(is_pattern("a/{}"));
}

TEST_CASE("defect: there was no limit on length and characters") {
  CHECK_FALSE(is_path(std::string(100'000, 'x')));
  CHECK_FALSE(is_path("a\n/b"));
  CHECK_FALSE(is_path("a\xff"));
}

TEST_CASE("defect: errors were strings that no program could tell apart") {
  CHECK(TopicPath::parse("a/*", "main").error().code == Errc::kBadTopic);
  CHECK(TopicPattern::parse("a/>/b", "main").error().code == Errc::kBadPattern);
}

// --- 1.2 accessors -----------------------------------------------------------------------------

TEST_CASE("defect: a service's path was its first segment, nested mounts did not work") {
  const TopicPath mount = path("billing/eu");
  CHECK(mount.child("invoices/pay")->path() == "billing/eu/invoices/pay");
  CHECK(path("billing/eu/invoices/pay").starts_with(mount));
}

TEST_CASE("defect: a parent was not equal to the same path parsed") {
  CHECK(path("a/b").parent() == path("a"));
  CHECK(path("a/b/c").parent()->parent() == path("a"));
}

TEST_CASE("defect: a child did not check the rules again") {
  CHECK(path("a").child(">").has_error());
  CHECK(path("a").child("").has_error());
}

TEST_CASE("defect: 'authentication' started with 'auth'") {
  CHECK_FALSE(path("authentication/login").starts_with(path("auth")));
  CHECK(path("auth/login").starts_with(path("auth")));
  CHECK(path("auth").starts_with(path("auth")));
  CHECK_FALSE(path("auth").starts_with(path("auth/login")));
  CHECK_FALSE(path("other:auth/login").starts_with(path("auth")));
}

TEST_CASE("defect: equal paths had different hashes, so maps lost them") {
  const TopicPath made[] = {path("a/b"),
                            path("/a//b/"),
                            path("main:a/b"),
                            *path("a").child("b"),
                            *path("a/b/c").parent(),
                            path("%61/b"),
                            *pattern("a/{x}").build({{"x", "b"}})};
  std::unordered_set<TopicPath> set;
  for (const TopicPath& one : made) {
    CHECK(one == made[0]);
    CHECK(std::hash<TopicPath>{}(one) == std::hash<TopicPath>{}(made[0]));
    set.insert(one);
  }
  CHECK(set.size() == 1);
}

// --- 1.3 matching ------------------------------------------------------------------------------

TEST_CASE("defect: equal paths did not match each other") {
  CHECK(path("n:a//b") == path("n:a/b"));
  CHECK(pattern("n:a//b").matches(path("n:a/b")));
  CHECK(pattern("n:a/b").matches(path("n:a//b")));
}

TEST_CASE("defect: a template did not match the paths it was made for") {
  CHECK(pattern("users/{id}/profile").matches(path("users/1/profile")));
}

TEST_CASE("defect: 'a/>' matched 'a' in one place and not in the other") {
  CHECK_FALSE(pattern("a/>").matches(path("a")));
  Trie trie;
  REQUIRE(trie.insert(pattern("a/>"), "x").has_value());
  CHECK(trie.best(path("a")) == nullptr);
  CHECK(trie.best(path("a/b")) != nullptr);
}

// --- 1.4 templates -----------------------------------------------------------------------------

TEST_CASE("defect: parameters were extracted whatever the network") {
  CHECK(pattern("one:users/{id}").params(path("two:users/1")).has_error());
  CHECK(pattern("one:users/{id}").params("two:users/1").has_error());
}

TEST_CASE("defect: a parameter that occurs twice overwrote itself") {
  CHECK_FALSE(is_pattern("{id}/to/{id}"));
}

TEST_CASE("defect: a star in a template was compared literally") {
  CHECK(*pattern("*/{id}").params("anything/7") == Params{{"id", "7"}});
}

TEST_CASE("defect: templates without parameters were matched as substrings") {
  CHECK_FALSE(pattern("b").matches(path("a/b/c")));
  CHECK(pattern("b").params("a/b/c").has_error());
}

TEST_CASE("defect: a value with a slash, colon or wildcard changed the path that was built") {
  const TopicPattern user = pattern("users/{id}/profile");
  for (const std::string_view value : {"1/admin", "x:y", ">", "*", "{id}", "a%2Fb", "%"}) {
    const auto built = user.build({{"id", std::string(value)}});
    REQUIRE(built.has_value());
    CHECK(user.matches(*built));
    CHECK(*user.params(*built) == Params{{"id", std::string(value)}});
  }
}

TEST_CASE("defect: an empty value vanished from the path that was built") {
  CHECK(pattern("users/{id}/profile").build({{"id", ""}}).has_error());
}

// --- 1.5 and C1: the trie ----------------------------------------------------------------------

TEST_CASE("defect: setting a value appended it instead of replacing the old one") {
  Trie trie;
  REQUIRE(trie.insert(pattern("a/{x}"), "old").has_value());
  REQUIRE(trie.replace(pattern("a/{x}"), "new"));
  CHECK(receivers(trie, "a/b") == Names{"new"});
  CHECK(trie.size() == 1);
}

TEST_CASE("defect: the same path twice was stored, and the second was never reached") {
  Trie trie;
  REQUIRE(trie.insert(pattern("a/b"), "first").has_value());
  CHECK(trie.insert(pattern("a//b"), "second").error().code == Errc::kDuplicatePath);
  REQUIRE(trie.replace(pattern("a/b"), "second"));
  CHECK(handler(trie, "a/b") == "second");
}

TEST_CASE("defect: the first registration of a template won for ever") {
  Trie trie;
  REQUIRE(trie.insert(pattern("a/{x}"), "first").has_value());
  REQUIRE(trie.remove(pattern("a/{x}")));
  REQUIRE(trie.insert(pattern("a/{x}"), "second").has_value());
  CHECK(handler(trie, "a/b") == "second");
}

TEST_CASE("defect: the first parameter's name won for all templates of that place") {
  Trie trie;
  REQUIRE(trie.insert(pattern("users/{id}/profile"), "profile").has_value());
  REQUIRE(trie.insert(pattern("users/{user_id}/posts"), "posts").has_value());
  REQUIRE(trie.insert(pattern("users/{name}/profile"), "by name").has_value());

  CHECK(trie.best(path("users/7/profile"))->pattern.param_name(0) == "id");
  CHECK(trie.best(path("users/7/posts"))->pattern.param_name(0) == "user_id");
  const auto both = trie.best_all(path("users/7/profile"));
  REQUIRE(both.size() == 2);
  CHECK(both[1].pattern.param_name(0) == "name");
  CHECK(*both[1].pattern.params(path("users/7/profile")) == Params{{"name", "7"}});
}

TEST_CASE("defect: values stored at 'x/>' could never be removed") {
  Trie trie;
  REQUIRE(trie.insert(pattern("x/>"), "sole subscriber").has_value());
  REQUIRE(trie.remove(pattern("x/>")));
  CHECK(receivers(trie, "x/y").empty());
  CHECK(trie.size() == 0);
}

TEST_CASE("defect: empty nodes stayed for ever") {
  Trie trie;
  for (int i = 0; i < 1000; ++i) {
    const std::string service = "service" + std::to_string(i);
    for (const std::string& text : {service + "/{x}/y/*", service + "/>", service + "/{x}"}) {
      REQUIRE(trie.insert(pattern(text), text).has_value());
    }
    for (const std::string& text : {service + "/{x}", service + "/>", service + "/{x}/y/*"}) {
      REQUIRE(trie.remove(pattern(text)));
    }
  }
  CHECK(trie.node_count() == 0);
}

TEST_CASE("defect: the number of handlers was always zero") {
  Trie trie;
  REQUIRE(trie.insert(pattern("a/b"), "x").has_value());
  REQUIRE(trie.insert(pattern("two:a/*"), "y").has_value());
  CHECK(trie.size() == 2);
}

// --- 1.6 and C2: precedence --------------------------------------------------------------------

TEST_CASE("defect: '>' outranked the exact path") {
  Trie trie;
  REQUIRE(trie.insert(pattern("math/>"), "rest").has_value());
  REQUIRE(trie.insert(pattern("math/*"), "star").has_value());
  REQUIRE(trie.insert(pattern("math/{x}"), "param").has_value());
  REQUIRE(trie.insert(pattern("math/add"), "exact").has_value());
  CHECK(receivers(trie, "math/add") == Names{"exact", "param", "star", "rest"});
}

TEST_CASE("defect: a star outranked a parameter") {
  Trie trie;
  REQUIRE(trie.insert(pattern("math/*"), "star").has_value());
  REQUIRE(trie.insert(pattern("math/{x}"), "param").has_value());
  CHECK(handler(trie, "math/add") == "param");
}

TEST_CASE("defect: a request for a wildcard ran some handler below it") {
  CHECK(TopicPath::parse("math/*", "main").has_error());
  CHECK(TopicPath::parse("math/>", "main").has_error());
  Trie trie;
  REQUIRE(trie.insert(pattern("math/add"), "add").has_value());
  REQUIRE(trie.insert(pattern("math/{x}"), "any").has_value());
  CHECK(trie.best({"main", "math/*"}) == nullptr);
  CHECK(trie.best({"main", "math/>"}) == nullptr);
}

TEST_CASE("defect: a query's first wildcard matched everything below, whatever followed") {
  const TopicPattern running = pattern("services/*/state/running");
  CHECK(running.matches(path("services/math/state/running")));
  CHECK_FALSE(running.matches(path("services/math/state/error")));
  CHECK_FALSE(overlaps(pattern("services/*/state"), pattern("services/math/other")));
}

TEST_CASE("defect: parameters were silently empty when they could not be extracted") {
  const auto params = pattern("users/{id}").params("people/1");
  REQUIRE(params.has_error());
  CHECK(params.error().about.find("main:users/{id}") != std::string::npos);
}

// --- 3.4, 3.5: what the trie did to subscriptions ----------------------------------------------

TEST_CASE("defect: a subscriber of 'math/add' received all of 'math/*' once another subscribed") {
  Trie trie;
  REQUIRE(trie.insert(pattern("math/add"), "A").has_value());
  REQUIRE(trie.insert(pattern("math/*"), "B").has_value());
  CHECK(receivers(trie, "math/sub") == Names{"B"});
  CHECK(receivers(trie, "math/add") == Names{"A", "B"});
}

TEST_CASE("defect: removing a pattern gave its place to the handlers below it") {
  Trie trie;
  REQUIRE(trie.insert(pattern("math/add"), "A").has_value());
  REQUIRE(trie.insert(pattern("math/*"), "B").has_value());
  REQUIRE(trie.insert(pattern("math/>"), "C").has_value());
  REQUIRE(trie.remove(pattern("math/*")));
  CHECK(receivers(trie, "math/add") == Names{"A", "C"});
  CHECK(receivers(trie, "math/sub") == Names{"C"});
}

TEST_CASE("defect: lists grew with each change of one subscription") {
  Trie trie;
  REQUIRE(trie.insert(pattern("math/{x}"), "0").has_value());
  for (int i = 1; i <= 1000; ++i) {
    REQUIRE(trie.replace(pattern("math/{x}"), std::to_string(i)));
  }
  CHECK(receivers(trie, "math/add") == Names{"1000"});
  CHECK(trie.size() == 1);
}

TEST_CASE("defect: publishing to a wildcard was not refused and reached all below it") {
  CHECK_FALSE(is_path("math/*"));
  CHECK_FALSE(is_path("math/>"));
  CHECK_FALSE(is_path("math/{x}"));
}

// --- 2.6: networks -----------------------------------------------------------------------------

TEST_CASE("defect: tables keyed by a path without its network mixed networks up") {
  std::unordered_map<TopicPath, int> states{{path("one:math"), 1}, {path("two:math"), 2}};
  CHECK(states.size() == 2);
  Trie trie;
  REQUIRE(trie.insert(pattern("one:math/{x}"), "one").has_value());
  REQUIRE(trie.insert(pattern("two:math/{x}"), "two").has_value());
  REQUIRE(trie.insert(pattern("one:>"), "all of one").has_value());
  CHECK(receivers(trie, "one:math/add") == Names{"one", "all of one"});
  CHECK(receivers(trie, "two:math/add") == Names{"two"});
  CHECK(receivers(trie, "three:math/add").empty());
}
