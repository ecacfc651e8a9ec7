#include "identity/fingerprint.h"

#include <catch2/catch_test_macros.hpp>

#include "identity/time_text.h"
#include "support/test_mesh.h"

using namespace runard;
using identity::parse_fingerprint;

TEST_CASE("a fingerprint is read back, in upper case and with colons too") {
  const test::TestMesh mesh;
  const std::string text = identity::fingerprint_text(mesh.root());
  CHECK(text.size() == 7 + 64);
  CHECK(parse_fingerprint(text) == mesh.root().fingerprint());
  std::string upper = "SHA256:";
  for (std::size_t i = 7; i < text.size(); ++i) {
    upper += i > 7 && i % 2 == 1 ? ":" : "";
    upper += static_cast<char>(std::toupper(text[i]));
  }
  CHECK(parse_fingerprint(upper) == mesh.root().fingerprint());
}

TEST_CASE("what is not a whole SHA-256 fingerprint is refused") {
  const std::string digits(64, 'a');
  CHECK(parse_fingerprint("SHA256:" + digits));
  for (const std::string& bad :
       {std::string(), digits, "SHA1:" + digits, "sha256:" + digits, "SHA256:" + digits + "a",
        "SHA256:" + digits.substr(1), "SHA256:" + digits + ":", "SHA256::" + digits,
        "SHA256:g" + digits.substr(1), "SHA256: " + digits.substr(1),
        "SHA256:-" + digits.substr(1)}) {
    INFO(bad);
    CHECK_FALSE(parse_fingerprint(bad));
  }
}

TEST_CASE("times are written in UTC to the second") {
  CHECK(identity::time_text(core::WallTime{}) == "1970-01-01T00:00:00Z");
  CHECK(identity::time_text(core::WallTime(std::chrono::milliseconds(1'750'000'000'999))) ==
        "2025-06-15T15:06:40Z");
}
