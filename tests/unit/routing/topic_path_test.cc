#include "routing/topic_path.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/routing/topics.h"

using namespace runard::routing;
using runard::core::Errc;

namespace {
std::string segments_of(std::size_t count) {
  std::string text = "s";
  for (std::size_t i = 1; i < count; ++i) {
    text += "/s";
  }
  return text;
}
}  // namespace

TEST_CASE("a path has a network, segments and one text") {
  const TopicPath profile = path("users/42/profile");

  CHECK(profile.network() == "main");
  CHECK(profile.path() == "users/42/profile");
  CHECK(profile.text() == "main:users/42/profile");
  const std::vector<std::string_view> parts(profile.segments().begin(), profile.segments().end());
  CHECK(parts == std::vector<std::string_view>{"users", "42", "profile"});
  CHECK(profile.segments().size() == 3);
}

TEST_CASE("a network in the text goes before the default") {
  CHECK(path("backup:math/add").network() == "backup");
  CHECK(TopicPath::parse("backup:math/add", "")->text() == "backup:math/add");
}

TEST_CASE("texts that are no concrete path are refused as bad topics") {
  for (const std::string_view text : {"",
                                      "/",
                                      "//",
                                      "main:",
                                      "main:/",
                                      ":auth/login",
                                      "main:auth:login",
                                      "a/b:c",
                                      "ma in:a",
                                      "a/*",
                                      "*",
                                      ">",
                                      "a/>",
                                      "{id}",
                                      "a/{id}",
                                      "a/b*c",
                                      "a>b",
                                      "a{b",
                                      "a}b",
                                      "a\nb",
                                      "a\x7f",
                                      "a\xc2\x85",
                                      "a\xff",
                                      "a/\xc0\xaf",
                                      "\xed\xa0\x80",
                                      "a/%",
                                      "a/%4",
                                      "a/%zz",
                                      "a/%ff"}) {
    INFO(text);
    const auto parsed = TopicPath::parse(text, "main");
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().code == Errc::kBadTopic);
  }
}

TEST_CASE("plain characters of any script and other punctuation are literals") {
  for (const std::string_view text : {"a b", "Straße/größe", "温度", "a+b/#", "a.b/-/_", "..",
                                      "a$b", "a\"b", "😀", "a,b;c=d&e"}) {
    INFO(text);
    REQUIRE(is_path(text));
    CHECK(path(text).path() == text);
  }
}

TEST_CASE("a path has at most 32 segments") {
  CHECK(is_path(segments_of(32)));
  CHECK_FALSE(is_path(segments_of(33)));
}

TEST_CASE("a path has at most 1024 bytes, its network at most 64") {
  CHECK(is_path(std::string(1024, 'x')));
  CHECK_FALSE(is_path(std::string(1025, 'x')));
  CHECK(is_path(std::string(64, 'n') + ":" + std::string(1024, 'x')));
  CHECK_FALSE(is_path(std::string(65, 'n') + ":x"));
}

TEST_CASE("paths of the system parse and say so") {
  CHECK(path("$registry/services/list").is_system());
  CHECK(path("%24registry").is_system());
  CHECK_FALSE(path("a/$registry").is_system());
}

TEST_CASE("a child is one or more segments further down") {
  CHECK(path("math").child("add")->text() == "main:math/add");
  CHECK(path("math").child("/a//b/")->text() == "main:math/a/b");
  CHECK(path("math").child("").has_error());
  CHECK(path("math").child("//").has_error());
  CHECK(path("math").child("*").has_error());
  CHECK(path("math").child("x:y").has_error());
  CHECK(path(segments_of(32)).child("one-too-many").has_error());
  CHECK(path(std::string(1023, 'x')).child("y").has_error());
}

TEST_CASE("a parent is one segment less, and the first segment has none") {
  CHECK(path("a/b/c").parent() == path("a/b"));
  CHECK(path("a/b").parent() == path("a"));
  CHECK(path("a").parent() == std::nullopt);
}

TEST_CASE("paths are ordered by network, then by path") {
  CHECK(path("a:z") < path("b:a"));
  CHECK(path("a:z") < path("a-b:a"));  // although ':' is more than '-'
  CHECK(path("main:a") < path("main:a/b"));
  CHECK((path("a/b") <=> path("a//b")) == 0);
}

TEST_CASE("a canonical text can be looked at without parsing it") {
  const auto view = view_topic("backup:a/b", "main");
  REQUIRE(view.has_value());
  CHECK(view->network == "backup");
  CHECK(view->path == "a/b");
  CHECK(view_topic("a/b", "main")->network == "main");
}

TEST_CASE("a text that is not canonical is not looked at as if it were") {
  for (const std::string& text :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"),
        std::string("a/*"), std::string("a/{b}"), std::string("a:b:c"), std::string(":a"),
        std::string("a\x01"), std::string("a/%41"), std::string("a/%2f"), std::string("a/%C3%A9"),
        std::string("a/%"), std::string("a/%2"), std::string("\xff"), std::string("a\xc2\x85"),
        std::string("a/%C2"), segments_of(33), std::string(1025, 'x')}) {
    INFO(text);
    CHECK_FALSE(view_topic(text, "main").has_value());
  }
}

TEST_CASE("looking and parsing agree on escapes that are needed") {
  for (const std::string_view text : {"a/%2F", "a/%25", "%2A", "%00", "%C2%85", "é/%7B"}) {
    INFO(text);
    CHECK(view_topic(text, "main").has_value());
    CHECK(path(text).path() == text);
  }
}

TEST_CASE("an error names the text without its control characters") {
  const auto parsed = TopicPath::parse("a\x1b[31m/\xc2\x9b\n" + std::string(5000, 'y'), "main");
  REQUIRE(parsed.has_error());
  CHECK(parsed.error().about.find('\x1b') == std::string::npos);
  CHECK(parsed.error().about.find('\x9b') == std::string::npos);
  CHECK(parsed.error().about.find('\n') == std::string::npos);
  CHECK(parsed.error().about.size() < 300);
}
