#include "enroll/messages.h"

#include <catch2/catch_test_macros.hpp>

#include "crypto/digest.h"
#include "enroll/proof.h"
#include "identity/bundle.h"
#include "support/result_text.h"

using namespace runard;
using namespace std::chrono_literals;
using namespace runard::enroll;

namespace {

Request sample() {
  Request request;
  request.token.bytes.fill(2);
  request.request = "csr";
  request.proof.fill(4);
  return request;
}

// Every shorter body, and every longer one, is another one.
template <class F>
void check_whole(const core::Bytes& body, F decode) {
  CHECK(decode(body));
  for (std::size_t size = 0; size < body.size(); ++size) {
    CHECK_FALSE(decode(core::ByteView(body).first(size)));
  }
  core::Bytes longer = body;
  longer.push_back(0);
  CHECK_FALSE(decode(longer));
}

}  // namespace

TEST_CASE("the bytes of an enrolment are those of the README") {
  CHECK(
      crypto::hex(encode(sample())) ==
      "a3015002020202020202020202020202020202026363737203582004040404040404040404040404040404040404"
      "04040404040404040404040404");
  CHECK(crypto::hex(encode(Pending{600s})) == "a101190258");
  CHECK(crypto::hex(encode(Refusal::kDenied)) == "a10102");
  CHECK(crypto::hex(encode_granted("bundle")) == "a1016662756e646c65");
}

TEST_CASE("what one side encodes the other decodes, and nothing else") {
  const auto request = decode_request(encode(sample()));
  REQUIRE(request);
  CHECK(request->token == sample().token);
  CHECK(request->request == "csr");
  CHECK(request->proof == sample().proof);
  check_whole(encode(sample()), decode_request);
  check_whole(encode(Challenge{sample().proof}), decode_challenge);
  check_whole(encode(Reveal{crypto::SecretBytes(kSecretSize)}), decode_reveal);
  check_whole(encode(Pending{60s}), decode_pending);
  check_whole(encode_granted("bundle"), decode_granted);
  check_whole(encode(Refusal::kBusy), decode_refused);
  check_whole(encode(RenewalRequest{"csr", {{1, 2}, {3}}}), decode_renewal);
}

TEST_CASE("a refusal of a newer issuer's is a refusal all the same") {
  CHECK(*decode_refused(core::Bytes{0xa1, 0x01, 0x18, 0x63}) == Refusal::kRefused);
}

TEST_CASE("unknown keys are skipped") {
  core::Bytes body = encode(Pending{60s});
  body[0] = 0xa2;
  for (const int byte : {0x09, 0x01}) {
    body.push_back(static_cast<std::uint8_t>(byte));
  }
  CHECK(decode_pending(body));
}

TEST_CASE("T3: messages that are too large, or of another size, are refused") {
  Request request = sample();
  request.request.assign(kMaxRequestText, 'x');
  CHECK(decode_request(encode(request)));
  request.request.push_back('x');
  CHECK_FALSE(decode_request(encode(request)));
  CHECK_FALSE(decode_reveal(encode(Reveal{crypto::SecretBytes(kSecretSize - 1)})));
  CHECK_FALSE(decode_granted(encode_granted(std::string(identity::kMaxBundleText + 1, 'x'))));
  CHECK_FALSE(decode_renewal(encode(RenewalRequest{"", std::vector<core::Bytes>(9, {1})})));
  CHECK_FALSE(decode_renewal(encode(RenewalRequest{
      "", {core::Bytes(kMaxChainBytes / 2 + 1, 0), core::Bytes(kMaxChainBytes / 2 + 1, 0)}})));
}

TEST_CASE("proofs are HMAC-SHA-256 as an independent program computes them") {
  core::Bytes secret(32);
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<std::uint8_t>(i);
  }
  const core::Bytes binding(32, 0xaa);
  CHECK(crypto::hex(applicant_proof(secret, binding, "request")) ==
        "60640281c3b0ccb0f109f5c2b760cafd479622559026d63e2ebb87e8325021bd");
  CHECK(crypto::hex(issuer_proof(crypto::sha256(secret), binding, "request")) ==
        "558a5fe5ef5b738aa3a107629e5266239588cb03ef01afa416246bbc23b69314");
  CHECK(key_words(core::as_bytes("key")) == "2c70-e12b-7a06-46f9-2279-f427");
}
