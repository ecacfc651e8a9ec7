#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <catch2/catch_test_macros.hpp>

#include "crypto/digest.h"
#include "crypto/pem.h"
#include "crypto/sha256_hasher.h"

#include "support/result_text.h"

using namespace runard;
using core::Errc;
using crypto::PrivateKey;
using crypto::PublicKey;
using crypto::SecretBytes;

namespace {

SecretBytes text_secret(std::string_view text) {
  return SecretBytes::copy_of(core::as_bytes(text));
}

core::Bytes spki_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  core::Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

std::string pem_of(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  const char phrase[] = "phrase";
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher, cipher ? phrase : nullptr,
                                cipher ? static_cast<int>(sizeof phrase - 1) : 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Errc load_error(std::string_view text) {
  return PrivateKey::from_pem(text_secret(text)).error().code;
}

}  // namespace

TEST_CASE("a generated key survives its PEM form") {
  const auto key = PrivateKey::generate();
  REQUIRE(key);
  const auto pem = key->pem();
  REQUIRE(pem);
  CHECK(core::as_text(pem->view()).starts_with("-----BEGIN PRIVATE KEY-----\n"));

  const auto again = PrivateKey::from_pem(*pem);

  REQUIRE(again);
  CHECK(again->public_key() == key->public_key());
}

TEST_CASE("two generated keys differ") {
  CHECK_FALSE(PrivateKey::generate()->public_key() == PrivateKey::generate()->public_key());
}

TEST_CASE("a public key has one encoding of 91 bytes") {
  const auto key = PrivateKey::generate();
  const core::Bytes spki = key->public_key().spki();
  REQUIRE(spki.size() == crypto::kSpkiSize);
  const auto again = PublicKey::from_spki(spki);
  REQUIRE(again);
  CHECK(*again == key->public_key());
}

TEST_CASE("a compressed point is refused as a public key") {
  const crypto::KeyPtr key(EVP_EC_gen("P-256"));
  REQUIRE(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                         "compressed") == 1);
  CHECK(PublicKey::from_spki(spki_of(key.get())).error().code == Errc::kInvalidArgument);
}

TEST_CASE("explicit curve parameters are refused in a public key") {
  const crypto::KeyPtr key(EVP_EC_gen("P-256"));
  REQUIRE(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
  CHECK(PublicKey::from_spki(spki_of(key.get())).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a point off the curve is refused as a public key") {
  core::Bytes spki = PrivateKey::generate()->public_key().spki();
  spki.back() ^= 1;
  CHECK(PublicKey::from_spki(spki).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a cut, a longer and an empty public key are refused") {
  core::Bytes spki = PrivateKey::generate()->public_key().spki();
  CHECK_FALSE(PublicKey::from_spki({}));
  CHECK_FALSE(PublicKey::from_spki(core::ByteView(spki).first(90)));
  spki.push_back(0);
  CHECK_FALSE(PublicKey::from_spki(spki));
}

TEST_CASE("keys of other kinds are refused") {
  const crypto::KeyPtr rsa(EVP_RSA_gen(2048));
  const crypto::KeyPtr other_curve(EVP_EC_gen("P-384"));
  const crypto::KeyPtr ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  CHECK(load_error(pem_of(rsa.get())) == Errc::kInvalidArgument);
  CHECK(load_error(pem_of(other_curve.get())) == Errc::kInvalidArgument);
  CHECK(load_error(pem_of(ed25519.get())) == Errc::kInvalidArgument);
}

TEST_CASE("text that is no key is refused without a word of it in the error") {
  CHECK(load_error("") == Errc::kInvalidArgument);
  CHECK(load_error("sentinel") == Errc::kInvalidArgument);
  CHECK(load_error(std::string(20000, 'x')) == Errc::kInvalidArgument);
  const auto error = PrivateKey::from_pem(
      text_secret("-----BEGIN PRIVATE KEY-----\nc2VudGluZWw=\n-----END PRIVATE KEY-----\n"));
  CHECK(error.error().about.find("c2Vud") == std::string::npos);
}

TEST_CASE("an encrypted key is refused and nobody is asked for a passphrase") {
  const crypto::KeyPtr key(EVP_EC_gen("P-256"));
  CHECK(load_error(pem_of(key.get(), EVP_aes_256_cbc())) == Errc::kInvalidArgument);
}

TEST_CASE("a private key with another key's public half is refused") {
  // RFC 5915: the encoding ends with the public point, 65 bytes in a BIT STRING.
  const auto der_of = [](EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PrivateKey(key, &der);
    core::Bytes bytes(der, der + size);
    OPENSSL_free(der);
    return bytes;
  };
  const crypto::KeyPtr first(EVP_EC_gen("P-256"));
  const crypto::KeyPtr second(EVP_EC_gen("P-256"));
  core::Bytes mixed = der_of(first.get());
  const core::Bytes donor = der_of(second.get());
  std::copy(donor.end() - 65, donor.end(), mixed.end() - 65);
  CHECK(PrivateKey::from_pem(text_secret(crypto::write_pem("EC PRIVATE KEY", donor))));
  CHECK(load_error(crypto::write_pem("EC PRIVATE KEY", mixed)) == Errc::kInvalidArgument);
}

TEST_CASE("a signature is good only for its message and key") {
  const auto key = PrivateKey::generate();
  const auto signature = key->sign(core::as_bytes("message"));
  REQUIRE(signature);
  CHECK(key->public_key().verify(core::as_bytes("message"), *signature));
  CHECK_FALSE(key->public_key().verify(core::as_bytes("massage"), *signature));
  CHECK_FALSE(key->public_key().verify(core::as_bytes("message"), {}));
  CHECK_FALSE(PrivateKey::generate()->public_key().verify(core::as_bytes("message"), *signature));
}

TEST_CASE("a failure leaves the thread's error queue as it was") {
  ERR_clear_error();
  CHECK_FALSE(PrivateKey::from_pem(text_secret("nothing")));
  CHECK_FALSE(PublicKey::from_spki(core::Bytes(91, 0)));
  CHECK(ERR_peek_error() == 0);

  ERR_raise(ERR_LIB_USER, 17);
  CHECK_FALSE(PrivateKey::from_pem(text_secret("nothing")));
  CHECK(ERR_GET_REASON(ERR_get_error()) == 17);
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("SHA-256 of abc is that of FIPS 180-4") {
  CHECK(crypto::hex(crypto::sha256(core::as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("SHA-256 in pieces is that of the whole, message after message") {
  crypto::Sha256Hasher hasher;
  for (int round = 0; round < 2; ++round) {
    hasher.update(core::as_bytes("a"));
    hasher.update({});
    hasher.update(core::as_bytes("bc"));
    CHECK(hasher.finish() == crypto::sha256(core::as_bytes("abc")));
  }
  CHECK(hasher.finish() == crypto::sha256({}));
}
