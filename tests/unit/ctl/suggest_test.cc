#include "ctl/suggest.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;

TEST_CASE("edits are insertions, deletions, replacements and swaps") {
  CHECK(ctl::edit_distance("sign", "sign") == 0);
  CHECK(ctl::edit_distance("sgin", "sign") == 1);
  CHECK(ctl::edit_distance("sig", "sign") == 1);
  CHECK(ctl::edit_distance("signs", "sign") == 1);
  CHECK(ctl::edit_distance("sogm", "sign") == 2);
  CHECK(ctl::edit_distance("", "sign") == 3);
  CHECK(ctl::edit_distance(std::string(10000, 'x'), "sign") == 3);
}

TEST_CASE("suggestions are near, nearest first, at most three") {
  CHECK(ctl::suggest("lss", {"info", "ls", "less"}) == std::vector<std::string>{"less", "ls"});
  CHECK(ctl::suggest("x", {"ls", "y"}).empty());
  CHECK(ctl::suggest("", {"ls"}).empty());
  CHECK(ctl::suggest("ls", {"ls"}).empty());
  CHECK(ctl::suggest("aaa", {"aab", "aac", "aad", "aae"}).size() == 3);
  CHECK(ctl::did_you_mean({"a", "b"}) == "did you mean a or b?");
}
