#include "core/ids.h"

#include <catch2/catch_test_macros.hpp>

#include "core/random.h"

using namespace runard::core;

TEST_CASE("ids survive their text form") {
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    NodeId id;
    random.fill(id.bytes);
    const std::string text = id.text();
    REQUIRE(text.size() == 26);
    REQUIRE(NodeId::parse(text) == id);
  }
}

TEST_CASE("texts that are no id are refused") {
  CHECK_FALSE(NodeId::parse(""));
  CHECK_FALSE(NodeId::parse("0000000000000000000000000"));    // 25
  CHECK_FALSE(NodeId::parse("000000000000000000000000000"));  // 27
  CHECK_FALSE(NodeId::parse("0000000000000000000000000z"));   // not in the alphabet
  CHECK_FALSE(NodeId::parse("00000000000000000000000001"));   // spare bits set
  CHECK_FALSE(NodeId::parse("0000000000000000000000000A"));   // upper case is another spelling
}
