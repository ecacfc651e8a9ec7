#include "routing/route_trie.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/routing/topics.h"

using namespace runard::routing;
using runard::core::Errc;

namespace {

using Trie = RouteTrie<std::string>;

// A trie in which each pattern's value is its own text.
Trie trie_of(std::initializer_list<std::string_view> patterns) {
  Trie trie;
  for (const std::string_view text : patterns) {
    REQUIRE(trie.insert(pattern(text), std::string(text)).has_value());
  }
  return trie;
}

std::string best(const Trie& trie, std::string_view text) {
  const Trie::Entry* entry = trie.best(path(text));
  return entry == nullptr ? "" : entry->value;
}

std::vector<std::string> all(const Trie& trie, std::string_view text) {
  std::vector<std::string> values;
  trie.for_each_match(path(text),
                      [&](const Trie::Entry& e, const Captures&) { values.push_back(e.value); });
  return values;
}

}  // namespace

TEST_CASE("an empty trie matches nothing") {
  const Trie trie;
  CHECK(trie.best(path("a")) == nullptr);
  CHECK(trie.find(pattern("a")) == nullptr);
  CHECK(trie.find(pattern("a/*")) == nullptr);
  CHECK(trie.empty());
}

TEST_CASE("precedence is literal, parameter, star, rest") {
  Trie trie = trie_of({"a/b", "a/{x}", "a/*", "a/>"});
  for (const std::string_view winner : {"a/b", "a/{x}", "a/*", "a/>"}) {
    CHECK(best(trie, "a/b") == winner);
    CHECK(trie.remove(pattern(winner)));
  }
  CHECK(best(trie, "a/b").empty());
}

TEST_CASE("precedence is decided at the leftmost segment that differs") {
  const Trie trie = trie_of({"a/*/c", "*/b/c", "a/>", "{x}/b/c"});
  CHECK(best(trie, "a/b/c") == "a/*/c");
  CHECK(best(trie, "z/b/c") == "{x}/b/c");
  CHECK(best(trie, "a/b/d") == "a/>");
}

TEST_CASE("a promising start that leads nowhere is given up for the next best") {
  const Trie trie = trie_of({"a/b/x", "a/{p}/{q}/d", "*/b/c"});
  CHECK(best(trie, "a/b/c") == "*/b/c");
  CHECK(best(trie, "a/b/c/d") == "a/{p}/{q}/d");
  CHECK(best(trie, "a/b/c/e").empty());
}

TEST_CASE("all matches come with the most specific first") {
  const Trie trie = trie_of({">", "*/b", "a/>", "a/*", "{x}/b", "a/b", "a/{x}", "a", "a/b/c"});
  CHECK(all(trie, "a/b") ==
        std::vector<std::string>{"a/b", "a/{x}", "a/*", "a/>", "{x}/b", "*/b", ">"});
}

TEST_CASE("captures are the segments of the pattern's parameters") {
  Trie trie = trie_of({"users/{id}/files/{name}", "users/*/files/>"});
  Captures captures;
  const TopicPath file = path("users/42/files/a%2Fb");
  const Trie::Entry* entry = trie.best(file, &captures);
  REQUIRE(entry != nullptr);
  REQUIRE(captures.size() == 2);
  CHECK(captures[0] == "42");
  CHECK(captures[1] == "a%2Fb");
  CHECK(entry->pattern.param_name(1) == "name");
}

TEST_CASE("a match gives up the captures of a way that led nowhere") {
  const Trie trie = trie_of({"{a}/{b}/x", "*/{c}/y"});
  Captures captures;
  const TopicPath topic = path("1/2/y");
  REQUIRE(trie.best(topic, &captures) != nullptr);
  REQUIRE(captures.size() == 1);
  CHECK(captures[0] == "2");
}

TEST_CASE("an exact match has no captures of an earlier look-up") {
  const Trie trie = trie_of({"{a}/b", "x/y"});
  Captures captures;
  REQUIRE(trie.best(path("q/b"), &captures) != nullptr);
  REQUIRE(trie.best(path("x/y"), &captures) != nullptr);
  CHECK(captures.size() == 0);
}

TEST_CASE("all 32 segments can be captured") {
  std::string text = "{p0}";
  std::string concrete = "0";
  for (int i = 1; i < 32; ++i) {
    text += "/{p" + std::to_string(i) + "}";
    concrete.append("/").append(std::to_string(i));
  }
  const Trie trie = trie_of({text});
  Captures captures;
  const TopicPath topic = path(concrete);
  REQUIRE(trie.best(topic, &captures) != nullptr);
  REQUIRE(captures.size() == 32);
  CHECK(captures[31] == "31");
}

TEST_CASE("a look-up by text needs no parsing, and one that is not canonical matches nothing") {
  const Trie trie = trie_of({"{a}", "{a}/{b}", "a/b", ">"});
  CHECK(trie.best({"main", "a/b"})->value == "a/b");
  CHECK(trie.best({"main", "q/r"})->value == "{a}/{b}");
  std::string deep = "a";
  for (int i = 0; i < 32; ++i) {
    deep += "/a";
  }
  for (const std::string& text :
       {std::string(), std::string("/"), std::string("a//b"), std::string("a/b/"),
        std::string("/a"), std::string("*"), std::string("a/>"), std::string("{a}"),
        std::string("a\n"), std::string("\xff"), std::string("a%"), deep,
        std::string(70'000, 'a')}) {
    INFO(text.substr(0, 40));
    CHECK(trie.best({"main", text}) == nullptr);
  }
}

TEST_CASE("a pattern that is there is not inserted again") {
  Trie trie = trie_of({"a/b", "a/{x}"});
  CHECK(trie.insert(pattern("a/b"), "other").error().code == Errc::kDuplicatePath);
  CHECK(trie.insert(pattern("a/{x}"), "other").error().code == Errc::kDuplicatePath);
  CHECK(trie.insert(pattern("a/{y}"), "other").has_value());
  CHECK(best(trie, "a/b") == "a/b");
  CHECK(trie.size() == 3);
}

TEST_CASE("what is not there is neither replaced nor removed") {
  Trie trie = trie_of({"a/{x}/c"});
  for (const std::string_view text : {"a", "a/{x}", "a/{y}/c", "a/*/c", "a/{x}/>", "b:a/{x}/c"}) {
    INFO(text);
    CHECK_FALSE(trie.replace(pattern(text), "other"));
    CHECK_FALSE(trie.remove(pattern(text)));
  }
  CHECK(trie.size() == 1);
}

TEST_CASE("each pattern's value is found by the pattern itself") {
  const Trie trie = trie_of({"a/{x}", "a/{y}", "a/*", "a/b", "a/>"});
  for (const std::string_view text : {"a/{x}", "a/{y}", "a/*", "a/b", "a/>"}) {
    REQUIRE(trie.find(pattern(text)) != nullptr);
    CHECK(*trie.find(pattern(text)) == text);
  }
  std::size_t seen = 0;
  trie.for_each(
      [&](const Trie::Entry& entry) { seen += *trie.find(entry.pattern) == entry.value; });
  CHECK(seen == trie.size());
}

TEST_CASE("a copy keeps what it had while the original changes") {
  Trie trie = trie_of({"a/{x}", "a/b", "c/>"});
  const Trie before = trie.share();

  CHECK(trie.remove(pattern("a/b")));
  CHECK(trie.replace(pattern("c/>"), "new"));
  CHECK(trie.insert(pattern("a/b/c"), "more").has_value());
  const Trie after = trie.share();
  CHECK(trie.remove(pattern("a/{x}")));

  CHECK(best(before, "a/b") == "a/b");
  CHECK(best(before, "c/d") == "c/>");
  CHECK(best(before, "a/b/c").empty());
  CHECK(best(after, "a/b") == "a/{x}");
  CHECK(best(after, "c/d") == "new");
  CHECK(best(after, "a/b/c") == "more");
  CHECK(best(trie, "a/b").empty());
}

TEST_CASE("a copy may be changed too, without the original seeing it") {
  Trie trie = trie_of({"a/{x}", "a/b"});
  Trie copy = trie.share();
  CHECK(copy.remove(pattern("a/b")));
  CHECK(best(trie, "a/b") == "a/b");
  CHECK(best(copy, "a/b") == "a/{x}");
}
