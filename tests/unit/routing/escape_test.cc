#include "routing/escape.h"

#include <catch2/catch_test_macros.hpp>

#include "core/random.h"
#include "unit/routing/topics.h"

using namespace runard::routing;

TEST_CASE("a mount becomes one segment and back") {
  CHECK(percent_encode_segment("billing/eu") == "billing%2Feu");
  CHECK(*percent_decode_segment("billing%2Feu") == "billing/eu");
}

TEST_CASE("everything with a meaning in topics is escaped, nothing else is") {
  CHECK(percent_encode_segment("/:*>{}%") == "%2F%3A%2A%3E%7B%7D%25");
  CHECK(percent_encode_segment(std::string("\0\n\x7f", 3)) == "%00%0A%7F");
  CHECK(percent_encode_segment("\xc2\x85") == "%C2%85");
  CHECK(percent_encode_segment("a b+é$~") == "a b+é$~");
}

TEST_CASE("other spellings of an escape are understood and made the one spelling") {
  CHECK(*percent_decode_segment("%2f%41%C3%a9") == "/Aé");
  CHECK(path("x/%2f%41%C3%a9").path() == "x/%2FAé");
  CHECK(path("x/%61").path() == "x/a");
}

TEST_CASE("escapes that stand for nothing are refused") {
  for (const std::string_view text : {"", "%", "%4", "a%", "%4g", "%g4", "% 4", "%ff", "%C3",
                                      "%C3(", "%ED%A0%80", "%C0%AF", "%F5%80%80%80", "\xff"}) {
    INFO(text);
    CHECK(percent_decode_segment(text).has_error());
  }
}

TEST_CASE("any UTF-8 value survives as a segment of a path") {
  runard::core::SeededRandom random(4);
  for (int round = 0; round < 20'000; ++round) {
    std::string value;
    const std::uint64_t size = 1 + random.below(12);
    for (std::uint64_t i = 0; i < size; ++i) {
      constexpr std::string_view kPieces[] = {"a", "/", "%",        "2",  "F", "*",  ">",  "{", "}",
                                              ":", "é", "\xc2\x85", "\n", " ", "温", "😀", "$"};
      value += kPieces[random.below(std::size(kPieces))];
    }
    const std::string segment = percent_encode_segment(value);
    INFO(segment);
    REQUIRE(*percent_decode_segment(segment) == value);
    REQUIRE(path("x/" + segment).path() == "x/" + segment);
    REQUIRE(view_topic("x/" + segment, "main").has_value());
  }
}

TEST_CASE("malformed UTF-8 is told from well-formed") {
  CHECK(is_utf8("\xf4\x8f\xbf\xbf"));
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));
  CHECK_FALSE(is_utf8("\xf0\x8f\xbf\xbf"));
  CHECK_FALSE(is_utf8("\xe0\x9f\xbf"));
  CHECK_FALSE(is_utf8("\xe2\x82"));
  CHECK_FALSE(is_utf8("\x80"));
}
