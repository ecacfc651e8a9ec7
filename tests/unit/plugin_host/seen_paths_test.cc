#include "plugin_host/seen_paths.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using runard::plugin_host::SeenPaths;

TEST_CASE("a path is known once it was added, and only that one") {
  SeenPaths paths;
  CHECK_FALSE(paths.has("math/add"));
  paths.add("math/add");
  CHECK(paths.has("math/add"));
  CHECK_FALSE(paths.has("math/ads"));
  CHECK_FALSE(paths.has("math/ad"));
  CHECK_FALSE(paths.has("math//add"));
  CHECK_FALSE(paths.has("mbth/add"));
}

TEST_CASE("empty and long paths are never known") {
  SeenPaths paths;
  paths.add("");
  CHECK_FALSE(paths.has(""));
  const std::string longest(SeenPaths::kMostBytes, 'a');
  paths.add(longest);
  CHECK(paths.has(longest));
  paths.add(longest + "a");
  CHECK_FALSE(paths.has(longest + "a"));
}

TEST_CASE("with many more paths than places none is taken for another") {
  SeenPaths paths;
  for (int i = 0; i < 300; ++i) {
    const std::string path = "s" + std::to_string(i) + "/a";
    CHECK_FALSE(paths.has(path));
    paths.add(path);
    CHECK(paths.has(path));
  }
}
