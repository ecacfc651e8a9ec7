#include "crypto/agreement_key.h"

#include <catch2/catch_test_macros.hpp>

#include "support/hex.h"
#include "support/result_text.h"

using namespace runard;
using core::Errc;
using crypto::AgreementPrivateKey;
using crypto::AgreementPublicKey;
using crypto::Kem;
using test::from_hex;

namespace {

AgreementPrivateKey x25519(std::string_view hex) {
  return *AgreementPrivateKey::from_raw(Kem::kX25519, from_hex(hex));
}

core::Bytes bytes_of(const core::Result<crypto::SecretBytes>& secret) {
  REQUIRE(secret);
  return {secret->view().begin(), secret->view().end()};
}

// The order of P-256's group.
constexpr std::string_view kOrder =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

}  // namespace

TEST_CASE("X25519 of RFC 7748 section 5.2") {
  const auto first = x25519("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
  const auto u = AgreementPublicKey::from_raw(
      Kem::kX25519, from_hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
  CHECK(bytes_of(first.agree(*u)) ==
        from_hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
  const auto second = x25519("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d");
  const auto other = AgreementPublicKey::from_raw(
      Kem::kX25519, from_hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"));
  CHECK(bytes_of(second.agree(*other)) ==
        from_hex("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
}

TEST_CASE("X25519 of RFC 7748 section 6.1: both ends get the same") {
  const auto alice = x25519("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto bob = x25519("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  CHECK(core::Bytes(alice.public_key().raw().begin(), alice.public_key().raw().end()) ==
        from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  const core::Bytes shared =
      from_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  CHECK(bytes_of(alice.agree(bob.public_key())) == shared);
  CHECK(bytes_of(bob.agree(alice.public_key())) == shared);
}

TEST_CASE("an X25519 key of low order is refused when agreeing") {
  const auto key = x25519("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  for (const std::string_view low :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const auto other = AgreementPublicKey::from_raw(Kem::kX25519, from_hex(low));
    REQUIRE(other);
    CHECK(key.agree(*other).error().code == Errc::kInvalidArgument);
  }
}

TEST_CASE("a generated key survives its raw form, of both kinds") {
  core::SystemRandom random;
  for (const Kem kem : {Kem::kX25519, Kem::kP256}) {
    const auto key = AgreementPrivateKey::generate(kem, random);
    REQUIRE(key);
    const auto raw = key->raw();
    REQUIRE(raw);
    const auto again = AgreementPrivateKey::from_raw(kem, raw->view());
    REQUIRE(again);
    CHECK(again->public_key() == key->public_key());
    CHECK(key->public_key().raw().size() == public_key_size(kem));

    const auto other = AgreementPrivateKey::generate(kem, random);
    CHECK_FALSE(other->public_key() == key->public_key());
    CHECK(bytes_of(again->agree(other->public_key())) == bytes_of(other->agree(key->public_key())));
  }
}

TEST_CASE("a P-256 scalar of zero, of the order or above is refused") {
  const auto load = [](const core::Bytes& raw) {
    return AgreementPrivateKey::from_raw(Kem::kP256, raw).has_value();
  };
  core::Bytes scalar = from_hex(kOrder);
  CHECK_FALSE(load(core::Bytes(32, 0)));
  CHECK_FALSE(load(core::Bytes(32, 0xff)));
  CHECK_FALSE(load(scalar));
  --scalar.back();
  CHECK(load(scalar));
  core::Bytes one(32, 0);
  one.back() = 1;
  CHECK(load(one));
}

TEST_CASE("a P-256 key that is compressed, off the curve or at infinity is refused") {
  core::SystemRandom random;
  const auto key = AgreementPrivateKey::generate(Kem::kP256, random);
  const core::Bytes good(key->public_key().raw().begin(), key->public_key().raw().end());
  const auto error = [](core::ByteView raw) {
    const auto parsed = AgreementPublicKey::from_raw(Kem::kP256, raw);
    return parsed ? Errc{} : parsed.error().code;
  };
  CHECK(error(good) == Errc{});
  core::Bytes off_curve = good;
  off_curve.back() ^= 1;
  CHECK(error(off_curve) == Errc::kInvalidArgument);
  core::Bytes compressed(good.begin(), good.begin() + 33);
  compressed[0] = 2;
  CHECK(error(compressed) == Errc::kInvalidArgument);
  core::Bytes hybrid = good;
  hybrid[0] = static_cast<std::uint8_t>(6 + (good.back() & 1));
  CHECK(error(hybrid) == Errc::kInvalidArgument);
  CHECK(error(core::Bytes{0}) == Errc::kInvalidArgument);
  CHECK(error(core::Bytes(65, 0)) == Errc::kInvalidArgument);
  CHECK(error({}) == Errc::kInvalidArgument);
}

TEST_CASE("keys of other lengths are refused") {
  for (const std::size_t size : {0, 31, 33, 64}) {
    CHECK_FALSE(AgreementPublicKey::from_raw(Kem::kX25519, core::Bytes(size, 9)));
    CHECK_FALSE(AgreementPrivateKey::from_raw(Kem::kX25519, core::Bytes(size, 9)));
    CHECK_FALSE(AgreementPrivateKey::from_raw(Kem::kP256, core::Bytes(size, 9)));
  }
  CHECK_FALSE(AgreementPrivateKey::derive(Kem::kX25519, core::Bytes(31, 9)));
  CHECK_FALSE(AgreementPrivateKey::derive(Kem::kX25519, core::Bytes(4096, 9)));
}

TEST_CASE("keys of two kinds agree on nothing") {
  core::SystemRandom random;
  const auto one = AgreementPrivateKey::generate(Kem::kP256, random);
  const auto other = AgreementPrivateKey::generate(Kem::kX25519, random);
  CHECK(one->agree(other->public_key()).error().code == Errc::kInvalidArgument);
}
