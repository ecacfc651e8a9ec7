#include "enroll/proof.h"

#include "crypto/hmac.h"

namespace runard::enroll {
namespace {

constexpr std::string_view kIssuer = "runard issuer";
constexpr std::size_t kGroups = 6;
constexpr std::size_t kGroup = 4;

crypto::Sha256 proof(core::ByteView key, std::string_view side, core::ByteView binding,
                     std::string_view request) {
  crypto::HmacSha256 hmac;
  hmac.set_key(key);
  hmac.update(core::as_bytes(side));
  hmac.update(binding);
  hmac.update(crypto::sha256(core::as_bytes(request)));
  crypto::Sha256 out{};
  hmac.finish(out);
  return out;
}

}  // namespace

crypto::Sha256 applicant_proof(core::ByteView secret, core::ByteView binding,
                               std::string_view request) {
  return proof(secret, "", binding, request);
}

crypto::Sha256 issuer_proof(const crypto::Sha256& secret_hash, core::ByteView binding,
                            std::string_view request) {
  return proof(secret_hash, kIssuer, binding, request);
}

std::string key_words(core::ByteView spki) {
  const std::string digits = crypto::hex(crypto::sha256(spki));
  std::string words;
  for (std::size_t i = 0; i < kGroups; ++i) {
    words += (i == 0 ? "" : "-") + digits.substr(i * kGroup, kGroup);
  }
  return words;
}

}  // namespace runard::enroll
