#include "wire/statements.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace runard::wire;

namespace {

StatementKey network(std::uint8_t fill) {
  StatementKey key{3, {}};
  key.subject.bytes.fill(fill);
  return key;
}

}  // namespace

TEST_CASE("the heads' bytes are these") {
  const std::vector<StatementHead> heads{{{1, {}}, 2}, {network(0xab), 300}};
  const core::Bytes golden = {
      0xa1, 0x01, 0x82, 0xa2, 0x01, 0x01, 0x03, 0x02,              // trust, generation 2
      0xa3, 0x01, 0x03, 0x02, 0x50,                                // a network
      0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,              //
      0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,              // its id
      0x03, 0x19, 0x01, 0x2c};                                     // generation 300
  CHECK(encode(heads) == golden);
  CHECK(decode_statement_heads(golden).value() == heads);
}

TEST_CASE("the pulls' bytes are these, and none asks for all heads") {
  const std::vector<StatementKey> pulls{{2, {}}};
  const core::Bytes golden = {0xa1, 0x01, 0x81, 0xa1, 0x01, 0x02};
  CHECK(encode(pulls) == golden);
  CHECK(decode_statement_pulls(golden).value() == pulls);
  CHECK(encode(std::vector<StatementKey>()) == core::Bytes{0xa1, 0x01, 0x80});
  CHECK(decode_statement_pulls(core::Bytes{0xa1, 0x01, 0x80}).value().empty());
}

TEST_CASE("heads that are cut off, too many or without a kind are malformed") {
  std::vector<StatementHead> many(kMaxStatementHeads, {network(1), 1});
  const core::Bytes full = encode(many);
  CHECK(decode_statement_heads(full).value().size() == kMaxStatementHeads);
  CHECK(full.size() < 64 * 1024);
  CHECK(!decode_statement_pulls(full));
  const core::Bytes one = encode(std::vector<StatementHead>{{network(1), 1}});
  for (std::size_t size = 0; size < one.size(); ++size) {
    CHECK(!decode_statement_heads(core::ByteView(one).first(size)));
  }
  CHECK(!decode_statement_heads(core::Bytes{0xa1, 0x01, 0x81, 0xa1, 0x03, 0x01}));
  CHECK(!decode_statement_heads(core::Bytes{0xa1, 0x01, 0x81, 0xa2, 0x01, 0x01, 0x02, 0x41, 0x00}));
}
