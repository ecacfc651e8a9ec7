// The groups of a certificate: their one encoding, and what is refused.
#include "identity/groups.h"

#include <catch2/catch_test_macros.hpp>

#include "support/result_text.h"

using namespace runard;
using core::Errc;
using identity::checked_groups;
using identity::encode_groups;
using identity::parse_groups;

namespace {

core::Bytes bytes(std::initializer_list<int> values) {
  return {values.begin(), values.end()};
}

std::vector<std::string> many(std::size_t count) {
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < count; ++i) {
    groups.push_back("g" + std::to_string(100 + i));
  }
  return groups;
}

}  // namespace

TEST_CASE("groups are a sequence of UTF8Strings in ascending order") {
  CHECK(encode_groups({"a", "web"}) == bytes({0x30, 8, 0x0c, 1, 'a', 0x0c, 3, 'w', 'e', 'b'}));
  CHECK(*parse_groups(bytes({0x30, 8, 0x0c, 1, 'a', 0x0c, 3, 'w', 'e', 'b'})) ==
        std::vector<std::string>{"a", "web"});
}

TEST_CASE("groups that an operator grants are sorted, and doubles go") {
  CHECK(*checked_groups({"web", "a", "web"}) == std::vector<std::string>{"a", "web"});
  CHECK(checked_groups({})->empty());
}

TEST_CASE("groups with other than names, and too many of them, are not granted") {
  for (const char* bad : {"", "a b", "a/b", "*", "-x", "a\n"}) {
    INFO(bad);
    CHECK(checked_groups({bad}).error().code == Errc::kInvalidArgument);
  }
  CHECK(checked_groups(many(identity::kMaxGroups)));
  CHECK(checked_groups(many(identity::kMaxGroups + 1)).error().code == Errc::kInvalidArgument);
}

TEST_CASE("as many groups as there may be survive their encoding") {
  const auto groups = many(identity::kMaxGroups);
  CHECK(*parse_groups(encode_groups(groups)) == groups);
  CHECK(parse_groups(encode_groups(many(identity::kMaxGroups + 1))).error().code ==
        Errc::kCertificateBadGroups);
}

TEST_CASE("every other encoding of groups is refused") {
  const core::Bytes bad[] = {
      {},
      bytes({0x30, 0}),                              // none
      bytes({0x30, 6, 0x0c, 1, 'b', 0x0c, 1, 'a'}),  // not ascending
      bytes({0x30, 6, 0x0c, 1, 'a', 0x0c, 1, 'a'}),  // a double
      bytes({0x30, 3, 0x13, 1, 'a'}),                // PrintableString
      bytes({0x30, 3, 0x04, 1, 'a'}),                // OCTET STRING
      bytes({0x30, 3, 0x0c, 1, '*'}),                // not a name
      bytes({0x30, 2, 0x0c, 0}),                     // empty
      bytes({0x30, 3, 0x0c, 1, 'a', 0}),             // more after it
      bytes({0x30, 0x81, 3, 0x0c, 1, 'a'}),          // BER length
      bytes({0x30, 0x80, 0x0c, 1, 'a', 0, 0}),       // indefinite length
      bytes({0x31, 3, 0x0c, 1, 'a'}),                // a set
      bytes({0x30, 9, 0x0c, 1, 'a'}),                // cut off
  };
  for (const core::Bytes& der : bad) {
    CHECK(parse_groups(der).error().code == Errc::kCertificateBadGroups);
  }
}
