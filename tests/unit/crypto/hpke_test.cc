#include "crypto/hpke.h"

#include <openssl/evp.h>

#include <catch2/catch_test_macros.hpp>

#include "crypto/digest.h"
#include "support/result_text.h"
#include "unit/crypto/hpke_by_hand.h"
#include "unit/crypto/wycheproof.h"

using namespace runard;
using core::Errc;
using crypto::AgreementPrivateKey;
using crypto::AgreementPublicKey;
using crypto::HpkeReceiver;
using crypto::HpkeSender;
using crypto::HpkeSuite;
using test::hex_of;
using Json = nlohmann::json;

namespace {

// Gives what a vector says the ephemeral key comes from.
class GivenRandom final : public core::Random {
 public:
  explicit GivenRandom(core::Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> out) override {
    REQUIRE(out.size() == bytes_.size());
    std::ranges::copy(bytes_, out.begin());
  }

 private:
  core::Bytes bytes_;
};

// SHAKE128 as a stream that is written, then read: the RFC's tables are condensed with it.
class Shake {
 public:
  Shake() : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex2(context_.get(), EVP_shake128(), nullptr);
  }
  void write(core::ByteView bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  core::Bytes read(std::size_t size) {
    core::Bytes bytes(size);
    EVP_DigestSqueeze(context_.get(), bytes.data(), size);
    return bytes;
  }
  core::Bytes draw() { return read(read(1)[0]); }

 private:
  crypto::DigestContextPtr context_;
};

struct Vector {
  explicit Vector(const Json& vector)
      : suite{vector["kem_id"] == 0x20 ? crypto::Kem::kX25519 : crypto::Kem::kP256,
              vector["aead_id"] == 2 ? crypto::AeadAlgorithm::kAes256Gcm
                                     : crypto::AeadAlgorithm::kChaCha20Poly1305},
        info(hex_of(vector, "info")),
        ephemeral_seed(hex_of(vector, "ikmE")),
        key(*AgreementPrivateKey::derive(suite.kem, hex_of(vector, "ikmR"))) {}

  HpkeSender sender() const {
    GivenRandom random(ephemeral_seed);
    auto sender = HpkeSender::create(suite, key.public_key(), info, random);
    REQUIRE(sender);
    return std::move(*sender);
  }

  HpkeSuite suite;
  core::Bytes info;
  core::Bytes ephemeral_seed;
  AgreementPrivateKey key;
};

std::string condensed(Shake& shake) {
  return crypto::hex(shake.read(16));
}

// The RFC's thousand messages. OpenSSL can't seal the few empty ones of them, so the sequence is
// made by hand; ours has to give the same as long as there is no empty one, and again as the first
// message of a fresh context.
std::string sealed_all(const Vector& given, const AgreementPrivateKey& key) {
  const auto ephemeral = AgreementPrivateKey::derive(given.suite.kem, given.ephemeral_seed);
  REQUIRE(ephemeral);
  test::HpkeByHand by_hand(given.suite, *ephemeral, given.key.public_key(), given.info);
  HpkeSender sender = given.sender();
  auto receiver = HpkeReceiver::create(given.suite, key, sender.enc(), given.info);
  REQUIRE(receiver);
  Shake source;
  Shake all;
  bool in_step = true;
  int compared = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const core::Bytes aad = source.draw();
    const core::Bytes plaintext = source.draw();
    const core::Bytes wanted = by_hand.seal(i, aad, plaintext);
    all.write(wanted);
    in_step = in_step && !plaintext.empty();
    if (in_step) {
      REQUIRE(sender.seal(aad, plaintext).value() == wanted);
      REQUIRE(crypto::hex(receiver->open(aad, wanted)->view()) == crypto::hex(plaintext));
      ++compared;
    } else if (!plaintext.empty() && i % 10 == 0) {
      REQUIRE(given.sender().seal(aad, plaintext).value() == by_hand.seal(0, aad, plaintext));
      ++compared;
    }
  }
  CHECK(compared > 100);
  return condensed(all);
}

struct Pair {
  HpkeSender sender;
  HpkeReceiver receiver;
};

Pair fresh_pair(HpkeSuite suite, std::string_view info = "info") {
  core::SystemRandom random;
  const auto key = AgreementPrivateKey::generate(suite.kem, random);
  auto sender = HpkeSender::create(suite, key->public_key(), core::as_bytes(info), random);
  REQUIRE(sender);
  auto receiver = HpkeReceiver::create(suite, *key, sender->enc(), core::as_bytes(info));
  REQUIRE(receiver);
  return {std::move(*sender), std::move(*receiver)};
}

}  // namespace

TEST_CASE("HPKE's base mode gives what RFC 9180 appendix A has") {
  const Json vectors = test::read_vectors("rfc9180-base.json")["vectors"];
  CHECK(vectors.size() == 3);
  for (const Json& vector : vectors) {
    INFO("KEM " << vector["kem_id"] << ", AEAD " << vector["aead_id"]);
    const Vector given(vector);
    HpkeSender sender = given.sender();
    CHECK(crypto::hex(given.key.public_key().raw()) == vector["pkRm"]);
    CHECK(crypto::hex(sender.enc()) == vector["enc"]);
    const auto key = AgreementPrivateKey::from_raw(given.suite.kem, hex_of(vector, "skRm"));
    CHECK(key->public_key() == given.key.public_key());

    CHECK(sealed_all(given, *key) == vector["encryptions_accumulated"]);
  }
}

TEST_CASE("HPKE seals no empty plaintext, as OpenSSL's does not") {
  Pair pair = fresh_pair({});
  CHECK(pair.sender.seal({}, {}).error().code == Errc::kInvalidArgument);
  CHECK(pair.sender.seal({}, core::as_bytes("x")));
}

TEST_CASE("HPKE opens only under the same info, aad, encapsulation and key") {
  core::SystemRandom random;
  for (const HpkeSuite suite :
       {HpkeSuite{}, HpkeSuite{crypto::Kem::kP256, crypto::AeadAlgorithm::kAes256Gcm},
        HpkeSuite{crypto::Kem::kX25519, crypto::AeadAlgorithm::kChaCha20Poly1305}}) {
    const auto key = AgreementPrivateKey::generate(suite.kem, random);
    const auto other = AgreementPrivateKey::generate(suite.kem, random);
    auto sender = HpkeSender::create(suite, key->public_key(), core::as_bytes("info"), random);
    REQUIRE(sender);
    const core::Bytes enc(sender->enc().begin(), sender->enc().end());
    const auto sealed = sender->seal(core::as_bytes("aad"), core::as_bytes("secret"));
    const auto opens = [&](const AgreementPrivateKey& with, core::ByteView from,
                           std::string_view info, std::string_view aad, core::ByteView text) {
      auto receiver = HpkeReceiver::create(suite, with, from, core::as_bytes(info));
      return receiver && receiver->open(core::as_bytes(aad), text);
    };

    CHECK(opens(*key, enc, "info", "aad", *sealed));
    CHECK_FALSE(opens(*other, enc, "info", "aad", *sealed));
    CHECK_FALSE(opens(*key, enc, "infp", "aad", *sealed));
    CHECK_FALSE(opens(*key, enc, "info", "aae", *sealed));
    for (std::size_t at = 0; at < enc.size(); ++at) {
      core::Bytes changed = enc;
      changed[at] ^= 1;
      CHECK_FALSE(opens(*key, changed, "info", "aad", *sealed));
    }
    for (std::size_t at = 0; at < sealed->size(); ++at) {
      core::Bytes changed = *sealed;
      changed[at] ^= 1;
      CHECK_FALSE(opens(*key, enc, "info", "aad", changed));
    }
    CHECK_FALSE(opens(*key, core::ByteView(enc).first(31), "info", "aad", *sealed));
    CHECK_FALSE(opens(*key, enc, "info", "aad", core::ByteView(*sealed).first(15)));
  }
}

TEST_CASE("nobody seals to an X25519 key of low order") {
  core::SystemRandom random;
  const auto low = AgreementPublicKey::from_raw(crypto::Kem::kX25519, core::Bytes(32, 0));
  REQUIRE(low);
  CHECK(HpkeSender::create({}, *low, {}, random).error().code == Errc::kInvalidArgument);
}

TEST_CASE("an encapsulation of low order is refused") {
  core::SystemRandom random;
  const auto key = AgreementPrivateKey::generate(crypto::Kem::kX25519, random);
  CHECK(HpkeReceiver::create({}, *key, core::Bytes(32, 0), {}).error().code ==
        Errc::kInvalidArgument);
}

TEST_CASE("a key of another kind than the suite's is refused") {
  core::SystemRandom random;
  const auto key = AgreementPrivateKey::generate(crypto::Kem::kP256, random);
  CHECK(HpkeSender::create({}, key->public_key(), {}, random).error().code ==
        Errc::kInvalidArgument);
  CHECK(HpkeReceiver::create({}, *key, core::Bytes(32, 9), {}).error().code ==
        Errc::kInvalidArgument);
}

TEST_CASE("messages open in the order in which they were sealed, and a bad one changes nothing") {
  Pair pair = fresh_pair({});
  const auto first = pair.sender.seal({}, core::as_bytes("first"));
  const auto second = pair.sender.seal({}, core::as_bytes("second"));
  CHECK_FALSE(pair.receiver.open({}, *second));
  CHECK(core::as_text(pair.receiver.open({}, *first)->view()) == "first");
  CHECK(core::as_text(pair.receiver.open({}, *second)->view()) == "second");
}
