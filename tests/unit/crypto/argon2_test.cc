#include "crypto/argon2.h"

#include <catch2/catch_test_macros.hpp>

#include "crypto/digest.h"
#include "support/result_text.h"

using namespace runard;
using core::Errc;
using crypto::argon2id;
using crypto::Argon2Params;
using crypto::SecretBytes;

namespace {

constexpr Argon2Params kSmall{64, 1, 1};

SecretBytes phrase(std::string_view text = "passphrase") {
  return SecretBytes::copy_of(core::as_bytes(text));
}

Errc error_of(const Argon2Params& params, std::size_t salt = 16) {
  const auto key = argon2id(phrase(), core::Bytes(salt, 1), params);
  return key ? Errc{} : key.error().code;
}

}  // namespace

TEST_CASE("Argon2id of RFC 9106 section 5.3") {
  const core::Bytes secret(8, 3);
  const core::Bytes data(12, 4);
  const auto key = argon2id(SecretBytes::copy_of(core::Bytes(32, 1)), core::Bytes(16, 2),
                            {32, 3, 4}, {secret, data});
  REQUIRE(key);
  CHECK(crypto::hex(key->view()) ==
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

TEST_CASE("each input changes the key") {
  const auto key = [](std::string_view text, std::uint8_t salt, const Argon2Params& params) {
    return crypto::hex(argon2id(phrase(text), core::Bytes(16, salt), params)->view());
  };
  const std::string base = key("a", 1, kSmall);
  CHECK(base == key("a", 1, kSmall));
  CHECK(base != key("b", 1, kSmall));
  CHECK(base != key("a", 2, kSmall));
  CHECK(base != key("a", 1, {128, 1, 1}));
  CHECK(base != key("a", 1, {64, 2, 1}));
  CHECK(base != key("a", 1, {64, 1, 2}));
}

TEST_CASE("parameters out of bounds are refused before any work") {
  CHECK(error_of(kSmall) == Errc{});
  CHECK(error_of({64, 0, 1}) == Errc::kInvalidArgument);
  CHECK(error_of({64, 65, 1}) == Errc::kInvalidArgument);
  CHECK(error_of({64, 1, 0}) == Errc::kInvalidArgument);
  CHECK(error_of({4096, 1, 65}) == Errc::kInvalidArgument);
  CHECK(error_of({15, 1, 2}) == Errc::kInvalidArgument);
  CHECK(error_of({1024 * 1024 + 1, 1, 1}) == Errc::kInvalidArgument);
  CHECK(error_of({0xffffffff, 1, 1}) == Errc::kInvalidArgument);
  CHECK(error_of({64, 1, 0x20000001}) == Errc::kInvalidArgument);
  CHECK(error_of(kSmall, 7) == Errc::kInvalidArgument);
  CHECK(error_of(kSmall, 65) == Errc::kInvalidArgument);
}

TEST_CASE("an empty passphrase is a passphrase") {
  CHECK(argon2id(SecretBytes(), core::Bytes(16, 1), kSmall));
}
