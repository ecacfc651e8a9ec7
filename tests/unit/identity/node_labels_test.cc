// The node labels of a certificate: their one encoding, and what is refused.
#include "identity/node_labels.h"

#include <catch2/catch_test_macros.hpp>

#include "support/result_text.h"

using namespace runard;
using core::Errc;
using identity::checked_node_labels;
using identity::encode_node_labels;
using identity::parse_node_labels;

namespace {

core::Bytes bytes(std::initializer_list<int> values) {
  return {values.begin(), values.end()};
}

std::vector<std::string> many(std::size_t count) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < count; ++i) {
    labels.push_back("k" + std::to_string(100 + i) + "=v");
  }
  return labels;
}

}  // namespace

TEST_CASE("node labels are a sequence of UTF8Strings KEY=VALUE in ascending order") {
  const core::Bytes der = bytes({0x30, 10, 0x0c, 3, 'a', '=', '1', 0x0c, 3, 'b', '=', '2'});
  CHECK(encode_node_labels({"a=1", "b=2"}) == der);
  CHECK(*parse_node_labels(der) == std::vector<std::string>{"a=1", "b=2"});
}

TEST_CASE("node labels that an operator grants are sorted, and doubles go") {
  CHECK(*checked_node_labels({"b=2", "a=1", "b=2"}) == std::vector<std::string>{"a=1", "b=2"});
  CHECK(*checked_node_labels({"a=1", "a-b=1", "ab=1"}) ==
        std::vector<std::string>{"a-b=1", "a=1", "ab=1"});
  CHECK(checked_node_labels({})->empty());
}

TEST_CASE("node labels of another form, two values of a key, and too many are not granted") {
  const std::string name(63, 'x');
  CHECK(checked_node_labels({name + "=" + name}));
  for (const std::string& bad :
       {std::string(), std::string("a"), std::string("="), std::string("a="), std::string("=a"),
        std::string("a=b=c"), std::string("a=b c"), std::string("a=*"), std::string("-a=b"),
        std::string("a=b\n"), std::string("a,b=c"), name + "x=a", "a=" + name + "x"}) {
    INFO(bad);
    CHECK(checked_node_labels({bad}).error().code == Errc::kInvalidArgument);
  }
  CHECK(checked_node_labels({"a=1", "a=2"}).error().code == Errc::kInvalidArgument);
  CHECK(checked_node_labels(many(identity::kMaxNodeLabels)));
  CHECK(checked_node_labels(many(identity::kMaxNodeLabels + 1)).error().code ==
        Errc::kInvalidArgument);
}

TEST_CASE("as many node labels as there may be survive their encoding") {
  const auto labels = many(identity::kMaxNodeLabels);
  CHECK(*parse_node_labels(encode_node_labels(labels)) == labels);
  CHECK(parse_node_labels(encode_node_labels(many(identity::kMaxNodeLabels + 1))).error().code ==
        Errc::kCertificateBadGroups);
}

TEST_CASE("every other encoding of node labels is refused") {
  const core::Bytes bad[] = {
      {},
      bytes({0x30, 0}),                                                   // none
      bytes({0x30, 10, 0x0c, 3, 'b', '=', '1', 0x0c, 3, 'a', '=', '1'}),  // not ascending
      bytes({0x30, 10, 0x0c, 3, 'a', '=', '1', 0x0c, 3, 'a', '=', '1'}),  // a double
      bytes({0x30, 10, 0x0c, 3, 'a', '=', '1', 0x0c, 3, 'a', '=', '2'}),  // two values
      bytes({0x30, 3, 0x0c, 1, 'a'}),                                     // a group
      bytes({0x30, 5, 0x13, 3, 'a', '=', '1'}),                           // PrintableString
      bytes({0x30, 5, 0x0c, 3, 'a', '=', '1', 0}),                        // more after it
      bytes({0x30, 0x81, 5, 0x0c, 3, 'a', '=', '1'}),                     // BER length
      bytes({0x30, 9, 0x0c, 3, 'a', '=', '1'}),                           // cut off
  };
  for (const core::Bytes& der : bad) {
    CHECK(parse_node_labels(der).error().code == Errc::kCertificateBadGroups);
  }
}
