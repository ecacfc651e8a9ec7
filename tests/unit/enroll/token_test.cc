#include "enroll/token.h"

#include <catch2/catch_test_macros.hpp>

#include "core/random.h"
#include "crypto/base64url.h"
#include "support/result_text.h"

using namespace runard;
using namespace std::chrono_literals;
using enroll::Token;

namespace {

// Written by an independent encoder.
constexpr std::string_view kGolden =
    "rnt1."
    "pQGBbTEwLjAuMC41Ojg4ODkCWCABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQNQAgICAgICAgICAgICAgICAg"
    "RY"
    "IAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDBRsAAAGXdCDcAA";

Token golden() {
  Token token;
  token.addresses = {"10.0.0.5:8889"};
  token.root.fill(1);
  token.id.bytes.fill(2);
  token.secret = crypto::SecretBytes(enroll::kSecretSize);
  std::ranges::fill(token.secret.bytes(), static_cast<std::uint8_t>(3));
  token.expires = core::WallTime(1'750'000'000s);
  return token;
}

bool invalid(std::string_view text) {
  const auto token = Token::parse(text);
  return !token && token.error().code == core::Errc::kTokenInvalid;
}

}  // namespace

TEST_CASE("a token is one line of text that says all") {
  const crypto::SecretBytes text = golden().text();
  CHECK(core::as_text(text.view()) == kGolden);
  const auto token = Token::parse(kGolden);
  REQUIRE(token);
  CHECK(token->addresses == golden().addresses);
  CHECK(token->root == golden().root);
  CHECK(token->id == golden().id);
  CHECK(token->secret == golden().secret);
  CHECK(token->expires == golden().expires);
}

TEST_CASE("white space around a token is taken, as files have it") {
  CHECK(Token::parse(" \t" + std::string(kGolden) + "\r\n"));
}

TEST_CASE("two tokens have neither id nor secret in common") {
  core::SystemRandom random;
  const Token a = Token::create(random);
  const Token b = Token::create(random);
  CHECK_FALSE(a.id == b.id);
  CHECK_FALSE(a.secret == b.secret);
}

TEST_CASE("T3: what is no token is refused, whatever is cut, changed or added") {
  CHECK(invalid(""));
  CHECK(invalid("rnt1."));
  CHECK(invalid("rnt2." + std::string(kGolden.substr(5))));
  CHECK(invalid("rnt1." + std::string(enroll::kMaxTokenText, 'A')));
  CHECK(invalid(std::string(kGolden) + "="));
  CHECK(invalid(std::string(kGolden) + "AAAA"));
  for (std::size_t size = 0; size < kGolden.size(); ++size) {
    CHECK(invalid(kGolden.substr(0, size)));
  }
  for (std::size_t at = 0; at < kGolden.size(); ++at) {
    std::string changed(kGolden);
    changed[at] = '!';
    CHECK(invalid(changed));
  }
}

TEST_CASE("a token without an address, or with a short secret, is refused") {
  Token token = golden();
  token.addresses.clear();
  CHECK(invalid(core::as_text(token.text().view())));
  token = golden();
  token.secret = crypto::SecretBytes(31);
  CHECK(invalid(core::as_text(token.text().view())));
  token = golden();
  token.addresses.assign(enroll::kMaxTokenAddresses + 1, "a:1");
  CHECK(invalid(core::as_text(token.text().view())));
}

TEST_CASE("base64url has one text for each sequence of bytes") {
  for (std::size_t size = 0; size < 70; ++size) {
    core::Bytes bytes(size);
    core::SeededRandom(size).fill(bytes);
    const crypto::SecretBytes text = crypto::base64url(bytes);
    const auto again = crypto::parse_base64url(core::as_text(text.view()));
    REQUIRE(again);
    CHECK(std::ranges::equal(again->view(), bytes));
  }
  CHECK(core::as_text(crypto::base64url(core::as_bytes("\xfb\xff\xfe")).view()) == "-__-");
  CHECK_FALSE(crypto::parse_base64url("AB"));    // bits that no byte uses
  CHECK_FALSE(crypto::parse_base64url("A"));     // no whole byte
  CHECK_FALSE(crypto::parse_base64url("AA=="));  // padded
  CHECK_FALSE(crypto::parse_base64url("+/+/"));  // the other alphabet
  CHECK_FALSE(crypto::parse_base64url("AA A"));
}
