#include "crypto/secret_bytes.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <type_traits>

#include "core/log.h"

using namespace runard;
using crypto::SecretBytes;

namespace {

template <class T>
concept CanBeStreamed = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept CanBeLogged = std::is_arithmetic_v<T> || std::is_constructible_v<std::string, T>;

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(!CanBeStreamed<SecretBytes>);
static_assert(!CanBeLogged<SecretBytes>);
static_assert(!fmt::is_formattable<SecretBytes>::value);
static_assert(CanBeStreamed<std::string> && CanBeLogged<std::string>);

}  // namespace

TEST_CASE("a secret keeps its bytes and starts as zeros") {
  SecretBytes secret(3);
  CHECK(core::as_text(secret.view()) == std::string_view("\0\0\0", 3));
  secret.bytes()[1] = 7;
  CHECK(secret.view()[1] == 7);
}

TEST_CASE("a moved secret leaves nothing behind") {
  SecretBytes first = SecretBytes::copy_of(core::as_bytes("key"));
  SecretBytes second = std::move(first);
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(core::as_text(second.view()) == "key");

  SecretBytes third = SecretBytes::copy_of(core::as_bytes("old"));
  third = std::move(second);
  CHECK(core::as_text(third.view()) == "key");
}

TEST_CASE("secrets are equal only with the same length and bytes") {
  const auto secret = [](std::string_view text) {
    return SecretBytes::copy_of(core::as_bytes(text));
  };
  CHECK(secret("abc") == secret("abc"));
  CHECK_FALSE(secret("abc") == secret("abd"));
  CHECK_FALSE(secret("abc") == secret("ab"));
  CHECK(SecretBytes() == SecretBytes());
}
