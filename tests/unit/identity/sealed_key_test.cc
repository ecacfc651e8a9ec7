#include "identity/sealed_key.h"

#include <catch2/catch_test_macros.hpp>

#include "crypto/pem.h"
#include "support/result_text.h"

using namespace runard;
using core::Errc;

namespace {

constexpr crypto::Argon2Params kCheap{8, 1, 1};

crypto::SecretBytes secret(std::string_view text) {
  return crypto::SecretBytes::copy_of(core::as_bytes(text));
}

}  // namespace

TEST_CASE("T23: a key under a passphrase opens with it, and every other one is the same error") {
  core::SystemRandom random;
  const auto key = crypto::PrivateKey::generate();
  const auto text = identity::seal_key(*key, secret("horse"), kCheap, random);
  REQUIRE(text);
  CHECK(identity::is_sealed_key(core::as_bytes(*text)));
  CHECK_FALSE(identity::is_sealed_key(key->pem()->view()));
  const auto opened = identity::open_key(core::as_bytes(*text), secret("horse"));
  REQUIRE(opened);
  CHECK(opened->public_key() == key->public_key());
  for (const char* wrong : {"", "hors", "horse ", "Horse"}) {
    const auto refused = identity::open_key(core::as_bytes(*text), secret(wrong));
    CHECK(refused.error().code == Errc::kKeystoreLocked);
  }
  CHECK(*text != *identity::seal_key(*key, secret("horse"), kCheap, random));
}

TEST_CASE("T23: no byte of a key under a passphrase can be changed or left out") {
  core::SystemRandom random;
  const auto key = crypto::PrivateKey::generate();
  const auto text = identity::seal_key(*key, secret("horse"), kCheap, random);
  const core::Bytes body = crypto::parse_pem(*text)->front().der;
  const auto opens = [](const core::Bytes& bytes) {
    const std::string pem = crypto::write_pem("RUNARD ENCRYPTED KEY", bytes);
    return identity::open_key(core::as_bytes(pem), secret("horse")).has_value();
  };
  REQUIRE(opens(body));
  for (std::size_t at = 0; at < body.size(); ++at) {
    core::Bytes changed = body;
    changed[at] ^= at < 9 ? 0x80 : 1;  // costs beyond the bound are refused before they are paid
    INFO("byte " << at);
    CHECK_FALSE(opens(changed));
  }
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{44}, std::size_t{61}, body.size() - 1}) {
    CHECK_FALSE(opens({body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size)}));
  }
  CHECK_FALSE(identity::open_key(core::as_bytes("damaged"), secret("horse")));
}
