#include "routing/topic_pattern.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "unit/routing/topics.h"

using namespace runard::routing;
using runard::core::Errc;

TEST_CASE("the README's wildcard and template examples hold") {
  CHECK(pattern("my-network:math/*").matches(path("my-network:math/add")));
  const auto params = pattern("users/{user_id}/profile").params("users/123/profile");
  REQUIRE(params.has_value());
  CHECK(*params == Params{{"user_id", "123"}});
}

TEST_CASE("a star stands for exactly one segment") {
  CHECK(pattern("a/*/c").matches(path("a/b/c")));
  CHECK_FALSE(pattern("a/*/c").matches(path("a/c")));
  CHECK_FALSE(pattern("a/*/c").matches(path("a/b/b/c")));
  CHECK_FALSE(pattern("a/*").matches(path("a")));
}

TEST_CASE("the last sign stands for one or more segments") {
  CHECK(pattern("a/>").matches(path("a/b")));
  CHECK(pattern("a/>").matches(path("a/b/c/d")));
  CHECK_FALSE(pattern("a/>").matches(path("a")));
  CHECK_FALSE(pattern("a/>").matches(path("b/c")));
  CHECK(pattern(">").matches(path("a")));
}

TEST_CASE("nothing matches across networks") {
  CHECK_FALSE(pattern("one:>").matches(path("two:a")));
  CHECK_FALSE(overlaps(pattern("one:>"), pattern("two:>")));
  CHECK_FALSE(covers(pattern("one:>"), pattern("two:a")));
  CHECK(pattern("one:{x}").params(path("two:a")).has_error());
}

TEST_CASE("texts that are no pattern are refused as bad patterns") {
  for (const std::string_view text :
       {"",        "/",     "n:",        "a/>/b", ">/a",   "a/{}",  "a/{b", "a/b}",
        "a/{b}c",  "c{b}",  "user-{id}", "a*",    "*a",    "a/b>",  ">>",   "**",
        "{a}/{a}", "{a b}", "{a/b}",     "{*}",   "{{a}}", "a:b:c", "{%41}"}) {
    INFO(text);
    const auto parsed = TopicPattern::parse(text, "main");
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().code == Errc::kBadPattern);
  }
}

TEST_CASE("a pattern is canonical, as a path is") {
  CHECK(pattern("/math//{x}/") == pattern("math/{x}"));
  CHECK(pattern("a/%61/*").text() == "main:a/a/*");
  CHECK(pattern("a/{x}") != pattern("a/{y}"));
  CHECK(pattern("a/b").is_literal());
  CHECK_FALSE(pattern("a/{b}").is_literal());
  CHECK(TopicPattern::of(path("a/b")) == pattern("a/b"));
}

TEST_CASE("an action's pattern lies below its mount") {
  CHECK(TopicPattern::parse_below(path("billing/eu"), "{id}/pay")->pattern() ==
        "billing/eu/{id}/pay");
  CHECK(TopicPattern::parse_below(path("billing/eu"), "")->pattern() == "billing/eu");
  CHECK(TopicPattern::parse_below(path("billing/eu"), "other:x").has_error());
}

TEST_CASE("parameters come in the order of the pattern, unescaped") {
  const TopicPattern template_of_two = pattern("{b}/x/{a}");
  CHECK(*template_of_two.params("1/x/2%2F3") == Params{{"b", "1"}, {"a", "2/3"}});
  CHECK(template_of_two.param_name(0) == "b");
  CHECK(template_of_two.param_name(1) == "a");
  CHECK(template_of_two.param_name(2).empty());
}

TEST_CASE("parameters are taken beside wildcards too") {
  CHECK(*pattern("*/{a}/>").params("x/y/z/w") == Params{{"a", "y"}});
  CHECK(pattern("a/b").params("a/b")->empty());
}

TEST_CASE("a path that does not match has no parameters") {
  for (const std::string_view text :
       {"users/1", "users/1/profile/x", "people/1/profile", "", "a/*"}) {
    INFO(text);
    const auto params = pattern("users/{id}/profile").params(text);
    REQUIRE(params.has_error());
    CHECK(params.error().code == Errc::kBadTopic);
  }
}

TEST_CASE("a template is built with its values and read back the same") {
  const TopicPattern file = pattern("files/{user}/{name}");
  for (const std::string_view value :
       {"report", "a/b", "a:b", "*", ">", "{x}", "100%", "%2F", "..", "é", "a\nb", "$x"}) {
    const Params params{{"user", std::string(value)}, {"name", "n"}};
    const auto built = file.build(params);
    INFO(value);
    REQUIRE(built.has_value());
    CHECK(built->segments().size() == 3);
    CHECK(*file.params(*built) == params);
  }
}

TEST_CASE("a template is not built from wrong parameters") {
  const TopicPattern user = pattern("users/{id}");
  CHECK(user.build({}).error().code == Errc::kMissingParam);
  CHECK(user.build({{"id", ""}}).error().code == Errc::kInvalidArgument);
  CHECK(user.build({{"id", "\xff"}}).error().code == Errc::kInvalidArgument);
  CHECK(user.build({{"id", "1"}, {"id", "2"}}).error().code == Errc::kInvalidArgument);
  CHECK(user.build({{"id", "1"}, {"ids", "2"}}).error().code == Errc::kInvalidArgument);
  CHECK(user.build(Params(33, {"id", "1"})).error().code == Errc::kInvalidArgument);
  CHECK(user.build({{"id", std::string(1024, 'x')}}).error().code == Errc::kBadTopic);
  CHECK(pattern("users/*").build({}).error().code == Errc::kBadPattern);
  CHECK(pattern("users/>").build({}).error().code == Errc::kBadPattern);
}

TEST_CASE("a value can't make a template's path one of the system's") {
  CHECK(pattern("{service}/list").build({{"service", "$registry"}}).error().code ==
        Errc::kReservedPath);
  CHECK(pattern("$registry/{x}").build({{"x", "$y"}})->path() == "$registry/$y");
}

TEST_CASE("the more specific pattern is decided at the first segment that differs") {
  const std::string_view ranked[] = {"a/b/c", "a/b/{x}", "a/b/*",   "a/b/>", "a/{x}/c", "a/{x}/>",
                                     "a/*/c", "a/>",     "{x}/b/c", "*/b/c", ">"};
  for (std::size_t i = 0; i < std::size(ranked); ++i) {
    for (std::size_t j = 0; j < std::size(ranked); ++j) {
      INFO(ranked[i] << " and " << ranked[j]);
      CHECK(more_specific(pattern(ranked[i]), pattern(ranked[j])) == (i < j));
    }
  }
  CHECK_FALSE(more_specific(pattern("a/{x}"), pattern("a/{y}")));
  CHECK_FALSE(more_specific(pattern("a/{y}"), pattern("a/{x}")));
}

TEST_CASE("two patterns overlap when some path matches both") {
  CHECK(overlaps(pattern("a/*"), pattern("{x}/b")));
  CHECK(overlaps(pattern("a/>"), pattern("*/b/c")));
  CHECK(overlaps(pattern("a/b/>"), pattern("a/>")));
  CHECK_FALSE(overlaps(pattern("a/>"), pattern("a")));
  CHECK_FALSE(overlaps(pattern("a/*"), pattern("a/b/c")));
  CHECK_FALSE(overlaps(pattern("a/*/c"), pattern("a/*/d")));
}

TEST_CASE("a pattern covers another when it matches all that the other does") {
  CHECK(covers(pattern("a/>"), pattern("a/*/c")));
  CHECK(covers(pattern("a/>"), pattern("a/b/>")));
  CHECK(covers(pattern("a/*"), pattern("a/{x}")));
  CHECK(covers(pattern("a/{x}"), pattern("a/*")));
  CHECK(covers(pattern("a/b"), pattern("a/b")));
  CHECK_FALSE(covers(pattern("a/*"), pattern("a/>")));
  CHECK_FALSE(covers(pattern("a/>"), pattern(">")));
  CHECK_FALSE(covers(pattern("a/b"), pattern("a/*")));
  CHECK_FALSE(covers(pattern("a/>"), pattern("a")));
  CHECK_FALSE(covers(pattern("a/*"), pattern("a/b/c")));
}
