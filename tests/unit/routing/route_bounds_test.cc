#include <catch2/catch_test_macros.hpp>
#include <string>

#include "routing/route_cursor.h"
#include "routing/route_trie.h"
#include "unit/routing/topics.h"

using namespace runard::routing;
using runard::core::Errc;

namespace {

// Of `number`, the lowest `length` bits: one segment a bit, {name} for 0, '*' for 1.
std::string mixed(std::uint32_t number, std::uint32_t length) {
  std::string text;
  for (std::uint32_t i = 0; i < length; ++i) {
    text += (number >> i & 1) == 0 ? "{p" + std::to_string(i) + "}/" : "*/";
  }
  return text;
}

std::string repeated(std::string_view segment, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text.append(segment).append("/");
  }
  return text;
}

std::uint32_t steps_of(const RouteIndex& index, const TopicPath& topic) {
  RouteCursor cursor(index, topic);
  while (cursor.next()) {
  }
  return cursor.steps();
}

}  // namespace

TEST_CASE("2^10 mixes of stars and parameters over 32 segments cost a bounded walk") {
  RouteIndex index(1, 1024);
  for (std::uint32_t i = 0; i < 1024; ++i) {
    REQUIRE(index.add(pattern(mixed(i, 10) + repeated("s", 21) + "end")).has_value());
  }

  // Every way is open until the last segment, which none fits.
  const std::uint32_t steps = steps_of(index, path(repeated("s", 31) + "other"));

  CHECK(steps <= 1024 * 32);
}

TEST_CASE("a form too many is refused, so no peer can make look-ups slower than that") {
  RouteTrie<int> trie(1, RouteLimits{.forms = 256});
  for (std::uint32_t i = 0; i < 256; ++i) {
    REQUIRE(trie.insert(pattern(mixed(i, 8)), 0).has_value());
  }
  CHECK(trie.insert(pattern(mixed(0, 9)), 0).error().code == Errc::kOverloaded);
  CHECK(trie.insert(pattern("literals/are/free"), 0).has_value());
  CHECK(trie.insert(pattern(repeated("{x}", 0) + "{other}/" + mixed(0, 8).substr(5)), 0)
            .has_value());  // a form that is there

  CHECK(trie.remove(pattern(mixed(7, 8))));
  CHECK(trie.insert(pattern(mixed(0, 9)), 0).has_value());
}

TEST_CASE("a pattern too many is refused") {
  RouteTrie<int> trie(1, RouteLimits{.patterns = 3});
  CHECK(trie.insert(pattern("a"), 0).has_value());
  CHECK(trie.insert(pattern("b/*"), 0).has_value());
  CHECK(trie.insert(pattern("c/>"), 0).has_value());
  CHECK(trie.insert(pattern("d"), 0).error().code == Errc::kOverloaded);
  CHECK(trie.remove(pattern("b/*")));
  CHECK(trie.insert(pattern("d"), 0).has_value());
}

TEST_CASE("a name too many at one place is refused") {
  RouteTrie<int> trie(1, RouteLimits{.same_shape = 2});
  CHECK(trie.insert(pattern("a/{x}"), 0).has_value());
  CHECK(trie.insert(pattern("a/{y}"), 0).has_value());
  CHECK(trie.insert(pattern("a/{z}"), 0).error().code == Errc::kOverloaded);
  CHECK(trie.size() == 2);
}

TEST_CASE("the work of a look-up does not depend on patterns that have nothing to do with it") {
  RouteIndex index(1, 1024);
  REQUIRE(index.add(pattern("users/{id}/profile")).has_value());
  const std::uint32_t alone = steps_of(index, path("users/42/profile"));

  for (int i = 0; i < 20'000; ++i) {
    const std::string number = std::to_string(i);
    REQUIRE(index.add(pattern("service" + number + "/{id}/profile")).has_value());
    REQUIRE(index.add(pattern("users/x" + number + "/>")).has_value());
  }

  CHECK(steps_of(index, path("users/42/profile")) == alone);
}

TEST_CASE("32 segments of stars are walked in 33 steps") {
  RouteIndex index(1, 1024);
  std::string text = repeated("*", 32);
  REQUIRE(index.add(pattern(text)).has_value());
  CHECK(steps_of(index, path(repeated("a", 32))) == 33);
}
