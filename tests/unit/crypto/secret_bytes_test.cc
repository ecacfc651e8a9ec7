#include "crypto/secret_bytes.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <type_traits>

#include "core/log.h"
#include "crypto/constant_time.h"
#include "crypto/secret_array.h"

using namespace runard;
using crypto::SecretArray;
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
static_assert(!std::is_copy_constructible_v<SecretArray<32>>);
static_assert(!std::is_copy_assignable_v<SecretArray<32>>);
static_assert(!CanBeStreamed<SecretArray<32>>);
static_assert(!CanBeLogged<SecretArray<32>>);
static_assert(!fmt::is_formattable<SecretArray<32>>::value);
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

TEST_CASE("a secret in place starts as zeros and leaves zeros behind") {
  alignas(SecretArray<8>) std::uint8_t memory[sizeof(SecretArray<8>)];
  auto* const secret = new (memory) SecretArray<8>;
  CHECK(*secret == SecretArray<8>());
  secret->bytes()[7] = 1;
  CHECK_FALSE(*secret == SecretArray<8>());

  secret->~SecretArray();

  CHECK(memory[7] == 0);
}

TEST_CASE("bytes are equal only with the same length and content") {
  const auto same = [](std::string_view a, std::string_view b) {
    return crypto::equal_in_constant_time(core::as_bytes(a), core::as_bytes(b));
  };
  CHECK(same("abc", "abc"));
  CHECK(same("", ""));
  CHECK_FALSE(same("abc", "abd"));
  CHECK_FALSE(same("abc", "abcd"));
  CHECK_FALSE(same("", "a"));
}
