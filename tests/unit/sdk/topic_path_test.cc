#include <catch2/catch_test_macros.hpp>
#include <runar/topic_path.hpp>

using runar::TopicPath;

namespace {

std::string canonical(std::string_view text) {
  std::string why;
  const auto path = TopicPath::parse(text, "main", &why);
  return path ? path->text() : "! " + why;
}
bool matches(const char* pattern, const char* path) {
  return TopicPath(pattern, "main").matches(TopicPath(path, "main"));
}

}  // namespace

TEST_CASE("the README's examples hold") {
  const TopicPath action("math/add", "my-network");
  const TopicPath pattern("math/*", "my-network");
  CHECK(pattern.matches(action));
  const TopicPath users("users/{user_id}/profile", "my-network");
  CHECK(users.extract_parameters("users/123/profile").at("user_id") == "123");
}

TEST_CASE("a path has one canonical spelling") {
  CHECK(canonical("math/add") == "main:math/add");
  CHECK(canonical("/math//add/") == "main:math/add");
  CHECK(canonical("other:math/add") == "other:math/add");
  CHECK(canonical("a%2fb/%41") == "main:a%2Fb/A");
  CHECK(TopicPath("a//b", "n") == TopicPath("n:a/b", "x"));
}

TEST_CASE("what is no path is refused with the reason") {
  CHECK(canonical("") == "! no segment");
  CHECK(canonical("///") == "! no segment");
  CHECK(canonical(":a") == "! a network's name is 1 to 64 of A-Z a-z 0-9 _ . -");
  CHECK(canonical("n:a:b").front() == '!');
  CHECK(canonical("a*").front() == '!');
  CHECK(canonical("a/>/b").front() == '!');
  CHECK(canonical("a/{}").front() == '!');
  CHECK(canonical("a/{x").front() == '!');
  CHECK(canonical("{x}/{x}").front() == '!');
  CHECK(canonical("a/\x01").front() == '!');
  CHECK(canonical("a/%2").front() == '!');
  CHECK(canonical("a/%ff").front() == '!');
  CHECK(canonical("a/\xff") == "! not UTF-8");
  CHECK(canonical(std::string(1025, 'a')) == "! longer than 1024 bytes");
  std::string deep;
  for (int i = 0; i < 33; ++i) {
    deep += "/a";
  }
  CHECK(canonical(deep) == "! more than 32 segments");
  CHECK(canonical(deep.substr(2)).front() == 'm');
  CHECK_THROWS_AS(TopicPath("", "main"), runar::Error);
}

TEST_CASE("patterns match segment by segment") {
  CHECK(matches("math/*", "math/add"));
  CHECK_FALSE(matches("math/*", "math"));
  CHECK_FALSE(matches("math/*", "math/add/x"));
  CHECK(matches("math/>", "math/add/x"));
  CHECK(matches("math/>", "math/add"));
  CHECK_FALSE(matches("math/>", "math"));  // one or more
  CHECK(matches(">", "anything/at/all"));
  CHECK(matches("users/{id}/profile", "users/1/profile"));
  CHECK_FALSE(matches("users/{id}/profile", "users/1/settings"));
  CHECK(matches("*/add", "math/add"));
  CHECK_FALSE(matches("math", "mathematics"));
  CHECK_FALSE(matches("main:math/*", "other:math/add"));
}

TEST_CASE("a pattern on the right matches nothing but itself") {
  CHECK_FALSE(matches("math/*", "math/{x}"));
  CHECK_FALSE(matches("math/>", "math/*"));
  CHECK(matches("math/*", "math/*"));
}

TEST_CASE("parameters are unescaped, and absent where nothing matches") {
  const TopicPath pattern("files/{path}/{v}", "main");
  const auto found = pattern.params(TopicPath("files/a%2Fb%25/7", "main"));
  REQUIRE(found.has_value());
  CHECK(found->at("path") == "a/b%");
  CHECK(found->at("v") == "7");
  CHECK_FALSE(pattern.params(TopicPath("files/a", "main")).has_value());
  CHECK_FALSE(pattern.params(pattern).has_value());
  CHECK_THROWS_AS(pattern.extract_parameters("other/a/b"), runar::Error);
}
