#include "crypto/certificate.h"

#include <catch2/catch_test_macros.hpp>

#include "crypto/certificate_builder.h"
#include "crypto/pem.h"
#include "crypto/request.h"

#include "support/result_text.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using core::WallTime;
using crypto::Certificate;
using crypto::PrivateKey;
using crypto::SigningRequest;

namespace {

const WallTime kStart{1'700'000'000s};

crypto::CertificateSpec spec(std::string name) {
  crypto::CertificateSpec spec;
  spec.common_name = std::move(name);
  spec.serial.fill(0xab);
  spec.not_before = kStart;
  spec.not_after = kStart + 1h;
  spec.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"subjectKeyIdentifier", "hash"}};
  return spec;
}

Certificate self_signed(const PrivateKey& key, const crypto::CertificateSpec& from) {
  auto certificate = build_certificate(from, key.public_key(), {key});
  REQUIRE(certificate);
  return *certificate;
}

}  // namespace

TEST_CASE("a built certificate says what was asked for") {
  const auto key = PrivateKey::generate();
  const Certificate certificate = self_signed(*key, spec("acme"));

  CHECK(certificate.common_name() == "acme");
  CHECK(certificate.not_before() == kStart);
  CHECK(certificate.not_after() == kStart + 1h);
  CHECK(certificate.serial() ==
        "6b"
        "ababababababababababababababab");
  CHECK(*certificate.public_key() == key->public_key());
  CHECK(certificate.is_authority());
  CHECK(certificate.is_self_issued());
  CHECK(certificate.issued_by(certificate));
}

TEST_CASE("a certificate survives PEM and DER") {
  const auto key = PrivateKey::generate();
  const Certificate certificate = self_signed(*key, spec("acme"));
  CHECK(*Certificate::from_pem(certificate.pem()) == certificate);
  CHECK(*Certificate::from_der(certificate.der()) == certificate);
  CHECK(certificate.fingerprint() == crypto::sha256(certificate.der()));
}

TEST_CASE("bytes after a certificate, and cut ones, are refused") {
  const auto key = PrivateKey::generate();
  core::Bytes der = self_signed(*key, spec("acme")).der();
  for (std::size_t size = 0; size < der.size(); ++size) {
    CHECK_FALSE(Certificate::from_der(core::ByteView(der).first(size)));
  }
  der.push_back(0);
  CHECK(Certificate::from_der(der).error().code == Errc::kCertificateInvalid);
}

TEST_CASE("a certificate larger than the limit is refused") {
  const core::Bytes der(crypto::kMaxCertificateDer + 1, 0x30);
  CHECK(Certificate::from_der(der).error().code == Errc::kCertificateInvalid);
}

TEST_CASE("a certificate of another key did not issue this one, even with the same name") {
  const auto key = PrivateKey::generate();
  const auto other = PrivateKey::generate();
  CHECK_FALSE(self_signed(*key, spec("acme")).issued_by(self_signed(*other, spec("acme"))));
}

TEST_CASE("times after the year 2262 are read as the last that fits") {
  const auto key = PrivateKey::generate();
  auto late = spec("acme");
  late.not_after = WallTime::max();
  CHECK(self_signed(*key, late).not_after() <= WallTime::max());
  CHECK(self_signed(*key, late).not_after() > kStart);

  ASN1_TIME* time = ASN1_TIME_new();
  REQUIRE(ASN1_TIME_set_string(time, "99991231235959Z") == 1);
  CHECK(crypto::wall_time(time) > WallTime::max() - 1s);
  ASN1_TIME_free(time);
}

TEST_CASE("a request carries the key and the wished name") {
  const auto key = PrivateKey::generate();
  const auto request = SigningRequest::create(*key, "web-1");
  REQUIRE(request);
  const auto again = SigningRequest::from_pem(request->pem());
  REQUIRE(again);
  CHECK(again->public_key() == key->public_key());
  CHECK(again->common_name() == "web-1");
}

TEST_CASE("a request with any byte changed is refused") {
  const auto key = PrivateKey::generate();
  const auto blocks = crypto::parse_pem(SigningRequest::create(*key, "web-1")->pem());
  REQUIRE(blocks);
  const crypto::PemBlock& block = blocks->front();
  for (std::size_t i = 0; i < block.der.size(); ++i) {
    core::Bytes changed = block.der;
    changed[i] ^= 1;
    const auto request = SigningRequest::from_pem(crypto::write_pem(block.label, changed));
    INFO("byte " << i);
    REQUIRE_FALSE(request);
    CHECK(request.error().code == Errc::kRequestInvalid);
  }
}

TEST_CASE("what is no request is refused as one") {
  const auto key = PrivateKey::generate();
  const std::string pem = SigningRequest::create(*key, "web-1")->pem();
  CHECK(SigningRequest::from_pem("").error().code == Errc::kRequestInvalid);
  CHECK(SigningRequest::from_pem(pem + pem).error().code == Errc::kRequestInvalid);
  CHECK(SigningRequest::from_pem(self_signed(*key, spec("a")).pem()).error().code ==
        Errc::kRequestInvalid);
  CHECK(SigningRequest::from_pem(std::string(17000, 'x')).error().code == Errc::kRequestInvalid);
}
