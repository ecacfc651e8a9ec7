#include "crypto/aead.h"

#include <catch2/catch_test_macros.hpp>
#include <type_traits>

#include "crypto/exactly.h"
#include "support/hex.h"

using namespace runard;
using crypto::Aead;
using crypto::AeadAlgorithm;
using crypto::exactly;
using test::from_hex;

namespace {

// Other sizes of key and nonce do not compile.
template <std::size_t Key, std::size_t Nonce>
concept CanSeal = requires(Aead& aead, std::span<const std::uint8_t, Key> key,
                           std::span<const std::uint8_t, Nonce> nonce, core::ByteView in,
                           std::span<std::uint8_t> out) { aead.seal(key, nonce, in, in, out); };
static_assert(CanSeal<32, 12>);
static_assert(!CanSeal<16, 12> && !CanSeal<32, 8> && !CanSeal<32, 16>);

const core::Bytes kKey(32, 7);
const core::Bytes kNonce(12, 0);

crypto::AeadKey key() {
  return *exactly<32>(kKey);
}
crypto::AeadNonce nonce() {
  return *exactly<12>(kNonce);
}

}  // namespace

TEST_CASE("exactly gives bytes of the asked size only") {
  const core::Bytes bytes(12, 1);
  CHECK(exactly<12>(bytes));
  CHECK_FALSE(exactly<11>(bytes));
  CHECK_FALSE(exactly<13>(bytes));
  CHECK_FALSE(exactly<12>({}));
}

TEST_CASE("ChaCha20-Poly1305 of RFC 8439 section 2.8.2") {
  const std::string_view text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.";
  const core::Bytes rfc_key =
      from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const core::Bytes rfc_nonce = from_hex("070000004041424344454647");
  const core::Bytes aad = from_hex("50515253c0c1c2c3c4c5c6c7");
  Aead aead(AeadAlgorithm::kChaCha20Poly1305);
  core::Bytes sealed(text.size() + 16);

  aead.seal(*exactly<32>(rfc_key), *exactly<12>(rfc_nonce), aad, core::as_bytes(text), sealed);

  CHECK(sealed ==
        from_hex("d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6"
                 "3dbea45e8ca9671282fafb69da92728b 1a71de0a9e060b2905d6a5b67ecd3b36"
                 "92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc"
                 "3ff4def08e4b7a9de576d26586cec64b 6116 1ae10b594f09e26a7e902ecbd0600691"));
}

TEST_CASE("what was sealed opens, also in place, and with nothing inside") {
  for (const auto algorithm : {AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305}) {
    Aead aead(algorithm);
    for (const std::size_t size : {0, 1, 15, 16, 17, 1000}) {
      const core::Bytes plaintext(size, 0x5a);
      core::Bytes buffer = plaintext;
      buffer.resize(size + 16);

      aead.seal(key(), nonce(), {}, core::ByteView(buffer).first(size), buffer);
      CHECK(core::ByteView(buffer).first(size).size() == size);
      CHECK(aead.open(key(), nonce(), {}, buffer, std::span(buffer).first(size)));

      buffer.resize(size);
      CHECK(buffer == plaintext);
    }
  }
}

TEST_CASE("a changed bit anywhere does not open, and leaves only zeros") {
  Aead aead(AeadAlgorithm::kAes256Gcm);
  const core::Bytes plaintext(20, 1);
  core::Bytes sealed(36);
  aead.seal(key(), nonce(), core::as_bytes("aad"), plaintext, sealed);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    core::Bytes changed = sealed;
    changed[at] ^= 0x80;
    core::Bytes out(20, 9);
    CHECK_FALSE(aead.open(key(), nonce(), core::as_bytes("aad"), changed, out));
    CHECK(out == core::Bytes(20, 0));
  }
  core::Bytes out(20);
  CHECK_FALSE(aead.open(key(), nonce(), core::as_bytes("aae"), sealed, out));
  CHECK_FALSE(aead.open(key(), nonce(), {}, sealed, out));
  CHECK(aead.open(key(), nonce(), core::as_bytes("aad"), sealed, out));
}
