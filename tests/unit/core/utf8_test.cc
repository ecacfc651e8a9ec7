#include "core/utf8.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace runard::core;

TEST_CASE("a well-formed character has its size, anything else none") {
  CHECK(utf8_size("a\xFF") == 1);
  CHECK(utf8_size("\xC3\xA9") == 2);
  CHECK(utf8_size("\xE2\x82\xAC") == 3);
  CHECK(utf8_size("\xF0\x9F\x98\x80") == 4);
  for (const char* bad : {"\xFF", "\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xE2\x82", "\xE0\x80\x80",
                          "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"}) {
    INFO(bad);
    CHECK(utf8_size(bad) == 0);
  }
}

TEST_CASE("a text is cut between characters") {
  CHECK(cut_utf8("abc", 3) == "abc");
  CHECK(cut_utf8("abcd", 3) == "abc");
  CHECK(cut_utf8("ab\xC3\xA9", 3) == "ab");
  CHECK(cut_utf8("ab\xC3\xA9", 4) == "ab\xC3\xA9");
  CHECK(cut_utf8("a\xF0\x9F\x98\x80", 4) == "a");
  CHECK(cut_utf8("\xF0\x9F\x98\x80", 2).empty());
  CHECK(cut_utf8("", 0).empty());
  CHECK(cut_utf8("a", 0).empty());
}

TEST_CASE("a text that is no UTF-8 is cut where it must be") {
  const std::string bad(10, '\x80');
  CHECK(cut_utf8(bad, 6).size() == 6);
}
