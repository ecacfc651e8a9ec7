#include "crypto/pem.h"

#include <catch2/catch_test_macros.hpp>

#include "support/result_text.h"

using namespace runard;
using core::Errc;
using crypto::parse_pem;
using crypto::write_pem;

namespace {

std::string block(std::string_view label, std::string_view bytes) {
  return write_pem(label, core::as_bytes(bytes));
}

}  // namespace

TEST_CASE("PEM blocks come back in order, with their labels") {
  const auto blocks = parse_pem(block("A", "one") + block("B C", std::string(200, 'x')));
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 2);
  CHECK((*blocks)[0].label == "A");
  CHECK(core::as_text((*blocks)[0].der) == "one");
  CHECK((*blocks)[1].label == "B C");
  CHECK((*blocks)[1].der.size() == 200);
}

TEST_CASE("carriage returns and a missing last newline do no harm") {
  std::string text = block("A", "one");
  text.pop_back();
  CHECK(parse_pem(text));
  std::string dos;
  for (const char c : block("A", std::string(100, 'x'))) {
    dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  }
  CHECK(parse_pem(dos));
  CHECK(parse_pem(block("A", "one") + "\n\n"));
}

TEST_CASE("text outside PEM blocks is refused") {
  CHECK(parse_pem("hello\n" + block("A", "one")).error().code == Errc::kInvalidArgument);
  CHECK_FALSE(parse_pem(block("A", "one") + "hello\n"));
  CHECK_FALSE(parse_pem(block("A", "one") + "hello\n" + block("B", "two")));
  CHECK_FALSE(parse_pem(""));
  CHECK_FALSE(parse_pem("\n"));
}

TEST_CASE("a PEM block with headers, other line lengths or a torn end is refused") {
  CHECK_FALSE(parse_pem("-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nb25l\n-----END A-----\n"));
  CHECK_FALSE(parse_pem("-----BEGIN A-----\n-----END A-----\n"));
  CHECK_FALSE(parse_pem("-----BEGIN -----\n-----END -----\n"));
  CHECK_FALSE(parse_pem("-----BEGIN A-----\nb25\nl\n-----END A-----\n"));
  CHECK_FALSE(parse_pem("-----BEGIN A-----\nb25l\n"));
  CHECK_FALSE(parse_pem("-----BEGIN A-----\nb25l\n-----END B-----\n"));
  CHECK_FALSE(parse_pem("-----BEGIN A-----\nb2!l\n-----END A-----\n"));
}

TEST_CASE("PEM text over its limits is refused") {
  std::string many;
  for (std::size_t i = 0; i < crypto::kMaxPemBlocks; ++i) {
    many += block("A", "one");
  }
  CHECK(parse_pem(many));
  const std::string more = many + block("A", "one");
  CHECK(parse_pem(more).error().code == Errc::kInvalidArgument);
  CHECK(parse_pem(more, {more.size(), crypto::kMaxPemBlocks + 1}));
  CHECK(parse_pem(more, {more.size() - 1, crypto::kMaxPemBlocks + 1}).error().code ==
        Errc::kInvalidArgument);
  CHECK(parse_pem(block("A", std::string(crypto::kMaxPemText, 'x'))).error().code ==
        Errc::kInvalidArgument);
}
