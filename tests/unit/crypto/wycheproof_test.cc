// The ECDSA P-256 verdicts of the Wycheproof project, through our own wrapper.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/key.h"
#include "support/result_text.h"
#include "support/vectors.h"

using namespace runard;

namespace {

core::Bytes from_hex(const std::string& text) {
  core::Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

TEST_CASE("every Wycheproof verdict on ECDSA P-256 with SHA-256 is ours") {
  std::ifstream file(test::vectors_folder() / "wycheproof/ecdsa_secp256r1_sha256_test.json");
  if (!file) {
    SKIP("no test vectors: set RUNAR_VECTORS_DIR");
  }
  const auto vectors = nlohmann::json::parse(file);
  int seen = 0;
  for (const auto& group : vectors["testGroups"]) {
    const auto key =
        crypto::PublicKey::from_spki(from_hex(group["publicKeyDer"].get<std::string>()));
    REQUIRE(key);
    for (const auto& one : group["tests"]) {
      INFO("tcId " << one["tcId"] << ": " << one["comment"]);
      const bool good = key->verify(from_hex(one["msg"].get<std::string>()),
                                    from_hex(one["sig"].get<std::string>()));
      CHECK(good == (one["result"] == "valid"));
      ++seen;
    }
  }
  CHECK(seen == 484);
}
