// The verdicts of the Wycheproof project, through our own wrappers. Where ours are stricter than
// the project's, the number of cases is asserted (notes: 12-byte nonces and 16-byte tags only, no
// X25519 result of zeros).
#include "unit/crypto/wycheproof.h"

#include "crypto/aead.h"
#include "crypto/agreement_key.h"
#include "crypto/constant_time.h"
#include "crypto/exactly.h"
#include "crypto/hkdf.h"
#include "crypto/key.h"
#include "support/result_text.h"

using namespace runard;
using test::each_vector;
using test::hex_of;
using Json = nlohmann::json;

namespace {

struct AeadCounts {
  int seen = 0;
  int other_size = 0;            // not of the one size of key, nonce and tag
  int refused_though_valid = 0;  // of those
};

bool opens(crypto::Aead& aead, const Json& one, core::Bytes& plaintext, bool& of_our_size) {
  const core::Bytes key = hex_of(one, "key");
  const core::Bytes nonce = hex_of(one, "iv");
  const core::Bytes tag = hex_of(one, "tag");
  const auto exact_key = crypto::exactly<crypto::kAeadKeySize>(key);
  const auto exact_nonce = crypto::exactly<crypto::kAeadNonceSize>(nonce);
  of_our_size = exact_key && exact_nonce && tag.size() == crypto::kAeadTagSize;
  if (!of_our_size) {
    return false;
  }
  core::Bytes sealed = hex_of(one, "ct");
  plaintext.resize(sealed.size());
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  const core::Bytes aad = hex_of(one, "aad");
  const bool good = aead.open(*exact_key, *exact_nonce, aad, sealed, plaintext);
  if (good) {
    core::Bytes again(sealed.size());
    aead.seal(*exact_key, *exact_nonce, aad, plaintext, again);
    CHECK(again == sealed);
  } else {
    CHECK(plaintext == core::Bytes(plaintext.size(), 0));
  }
  return good;
}

AeadCounts check_aead(const std::string& file, crypto::AeadAlgorithm algorithm) {
  crypto::Aead aead(algorithm);
  AeadCounts counts;
  counts.seen = each_vector(file, [&](const Json&, const Json& one) {
    core::Bytes plaintext;
    bool of_our_size = false;
    const bool valid = one["result"] == "valid";
    const bool good = opens(aead, one, plaintext, of_our_size);
    counts.other_size += of_our_size ? 0 : 1;
    counts.refused_though_valid += !of_our_size && valid ? 1 : 0;
    CHECK(good == (valid && of_our_size));
    CHECK((!good || plaintext == hex_of(one, "msg")));
  });
  return counts;
}

}  // namespace

TEST_CASE("every Wycheproof verdict on ECDSA P-256 with SHA-256 is ours") {
  const int seen =
      each_vector("ecdsa_secp256r1_sha256_test.json", [](const Json& group, const Json& one) {
        const auto key = crypto::PublicKey::from_spki(hex_of(group, "publicKeyDer"));
        REQUIRE(key);
        CHECK(key->verify(hex_of(one, "msg"), hex_of(one, "sig")) == (one["result"] == "valid"));
      });
  CHECK(seen == 484);
}

TEST_CASE("Wycheproof's AES-256-GCM cases are ours; other sizes of key, nonce and tag are none") {
  const AeadCounts counts = check_aead("aes_gcm_test.json", crypto::AeadAlgorithm::kAes256Gcm);
  CHECK(counts.seen == 316);
  CHECK(counts.other_size == 250);
  CHECK(counts.refused_though_valid == 190);
}

TEST_CASE("every Wycheproof verdict on ChaCha20-Poly1305 is ours") {
  const AeadCounts counts =
      check_aead("chacha20_poly1305_test.json", crypto::AeadAlgorithm::kChaCha20Poly1305);
  CHECK(counts.seen == 325);
  CHECK(counts.other_size == 9);
  CHECK(counts.refused_though_valid == 0);
}

TEST_CASE("every Wycheproof X25519 value is ours, and a shared value of zeros is refused") {
  int zeros = 0;
  const int seen = each_vector("x25519_test.json", [&](const Json&, const Json& one) {
    const auto key =
        crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, hex_of(one, "private"));
    const auto other =
        crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, hex_of(one, "public"));
    REQUIRE(key);
    REQUIRE(other);
    const core::Bytes wanted = hex_of(one, "shared");
    const auto shared = key->agree(*other);
    const bool is_zero = wanted == core::Bytes(32, 0);
    zeros += is_zero ? 1 : 0;
    CHECK(shared.has_value() == !is_zero);
    CHECK((!shared || crypto::equal_in_constant_time(shared->view(), wanted)));
  });
  CHECK(seen == 518);
  CHECK(zeros == 31);
}

TEST_CASE("every Wycheproof verdict on HKDF with SHA-256 is ours") {
  crypto::Hkdf hkdf;
  int too_long = 0;
  const int seen = each_vector("hkdf_sha256_test.json", [&](const Json&, const Json& one) {
    core::Bytes out(one["size"].get<std::size_t>());
    hkdf.set_salt(hex_of(one, "salt"));
    hkdf.extract(hex_of(one, "ikm"));
    const bool good = hkdf.expand(hex_of(one, "info"), out);
    too_long += good ? 0 : 1;
    CHECK(good == (one["result"] == "valid"));
    CHECK((!good || out == hex_of(one, "okm")));
  });
  CHECK(seen == 86);
  CHECK(too_long == 3);
}

TEST_CASE("every Wycheproof verdict on HMAC-SHA256 is ours; cut tags are none") {
  crypto::HmacSha256 hmac;
  int cut = 0;
  const int seen = each_vector("hmac_sha256_test.json", [&](const Json& group, const Json& one) {
    core::Bytes tag(32);
    hmac.set_key(hex_of(one, "key"));
    hmac.update(hex_of(one, "msg"));
    hmac.finish(std::span(tag).first<32>());
    const bool whole = group["tagSize"] == 256;
    cut += whole ? 0 : 1;
    tag.resize(group["tagSize"].get<std::size_t>() / 8);
    CHECK(crypto::equal_in_constant_time(tag, hex_of(one, "tag")) == (one["result"] == "valid"));
  });
  CHECK(seen == 174);
  CHECK(cut == 87);
}
