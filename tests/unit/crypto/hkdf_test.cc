// The test cases of RFC 5869 appendix A and RFC 4231, written out.
#include "crypto/hkdf.h"

#include <openssl/hmac.h>

#include <catch2/catch_test_macros.hpp>

#include "core/random.h"
#include "support/hex.h"

using namespace runard;
using crypto::Hkdf;
using test::from_hex;

namespace {

core::Bytes counting(std::uint8_t from, std::size_t size) {
  core::Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::uint8_t>(from + i);
  }
  return bytes;
}

core::Bytes hkdf(core::ByteView key_material, core::ByteView salt, core::ByteView info,
                 std::size_t size) {
  Hkdf hkdf;
  core::Bytes out(size);
  hkdf.set_salt(salt);
  hkdf.extract(key_material);
  REQUIRE(hkdf.expand(info, out));
  return out;
}

core::Bytes hmac(core::ByteView key, core::ByteView message) {
  crypto::HmacSha256 mac;
  mac.set_key(key);
  mac.update(message);
  core::Bytes tag(32);
  mac.finish(std::span(tag).first<32>());
  return tag;
}

}  // namespace

TEST_CASE("HKDF of RFC 5869 A.1") {
  CHECK(hkdf(core::Bytes(22, 0x0b), counting(0, 13), counting(0xf0, 10), 42) ==
        from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                 "34007208d5b887185865"));
}

TEST_CASE("HKDF of RFC 5869 A.2: longer inputs and outputs") {
  CHECK(hkdf(counting(0, 80), counting(0x60, 80), counting(0xb0, 80), 82) ==
        from_hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                 "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                 "cc30c58179ec3e87c14c01d5c1f3434f1d87"));
}

TEST_CASE("HKDF of RFC 5869 A.3: no salt and no info") {
  CHECK(hkdf(core::Bytes(22, 0x0b), {}, {}, 42) ==
        from_hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                 "9d201395faa4b61a96c8"));
}

TEST_CASE("the pseudorandom key of RFC 5869 A.1 can be given instead of extracted") {
  Hkdf hkdf;
  hkdf.set_key(from_hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
  core::Bytes out(42);
  REQUIRE(hkdf.expand(counting(0xf0, 10), out));
  CHECK(out == from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                        "34007208d5b887185865"));
}

TEST_CASE("one salt serves many extracts and one key many expands") {
  Hkdf kept;
  kept.set_salt(core::as_bytes("salt"));
  for (const std::string_view secret : {"first", "second", "first"}) {
    kept.extract(core::as_bytes(secret));
    for (const std::string_view info : {"a", "b"}) {
      core::Bytes out(40);
      REQUIRE(kept.expand(core::as_bytes(info), out));
      CHECK(out == hkdf(core::as_bytes(secret), core::as_bytes("salt"), core::as_bytes(info), 40));
    }
  }
}

TEST_CASE("more than 255 blocks are refused") {
  Hkdf hkdf;
  core::Bytes most(crypto::kMaxHkdfOutput);
  CHECK(hkdf.expand({}, most));
  core::Bytes more(crypto::kMaxHkdfOutput + 1, 7);
  CHECK_FALSE(hkdf.expand({}, more));
  CHECK(more == core::Bytes(more.size(), 7));
}

TEST_CASE("HMAC-SHA256 of RFC 4231, cases 1, 2 and 6") {
  CHECK(hmac(core::Bytes(20, 0x0b), core::as_bytes("Hi There")) ==
        from_hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  CHECK(hmac(core::as_bytes("Jefe"), core::as_bytes("what do ya want for nothing?")) ==
        from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  CHECK(hmac(core::Bytes(131, 0xaa),
             core::as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")) ==
        from_hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

TEST_CASE("an empty key is a key, and a new key forgets what was updated") {
  crypto::HmacSha256 mac;
  core::Bytes tag(32);
  mac.update(core::as_bytes("forgotten"));
  mac.set_key({});
  mac.finish(std::span(tag).first<32>());
  CHECK(tag == from_hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

TEST_CASE("HMAC is OpenSSL's own for keys and messages of any length") {
  core::SeededRandom random(7);
  crypto::HmacSha256 mac;
  for (std::size_t size = 0; size < 200; ++size) {
    core::Bytes key(size);
    core::Bytes message(random.below(300));
    random.fill(key);
    random.fill(message);
    core::Bytes wanted(32);
    unsigned int length = 0;
    REQUIRE(HMAC(EVP_sha256(), key.data(), static_cast<int>(size), message.data(), message.size(),
                 wanted.data(), &length) != nullptr);
    mac.set_key(key);
    for (int again = 0; again < 2; ++again) {
      core::Bytes tag(32);
      mac.update(core::ByteView(message).first(message.size() / 2));
      mac.update(core::ByteView(message).subspan(message.size() / 2));
      mac.finish(std::span(tag).first<32>());
      CHECK(tag == wanted);
    }
  }
}
