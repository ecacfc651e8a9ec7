#include <runar/plugin.h>
#include <catch2/catch_test_macros.hpp>
#include <runar/cbor_json.hpp>

#include "support/hex.h"

using runar::cbor_to_json;
using runar::json_to_cbor;
using runard::test::from_hex;
using runard::test::to_hex;

namespace {

std::string shown(const char* bytes) {
  std::string text;
  const std::string problem = cbor_to_json(from_hex(bytes), text);
  return problem.empty() ? text : "! " + problem;
}
std::string encoded(const char* text) {
  runar::cbor::Writer writer;
  const std::string problem = json_to_cbor(text, writer);
  return problem.empty() ? to_hex(writer.bytes()) : "! " + problem;
}

}  // namespace

TEST_CASE("JSON becomes canonical CBOR") {
  CHECK(encoded(R"({"bb":1,"a":2.0,"c":[true,null,"x"]})") ==
        "a36161f94000616383f5f661786262620"
        "1");
  CHECK(encoded("-18446744073709551615") == "fadf800000");
  CHECK(encoded("18446744073709551615") == "1bffffffffffffffff");
  CHECK(encoded("[") == "! JSON 1:2: expected a value");
}

TEST_CASE("CBOR that JSON has no word for is shown by fixed rules") {
  CHECK(shown("4401020304") == R"("AQIDBA")");
  CHECK(shown("f7") == "null");
  CHECK(shown("f97e00") == "null");
  CHECK(shown("f97c00") == "null");
  CHECK(shown("f8ff") == "null");
  CHECK(shown("c074323031332d30332d32315432303a30343a30305a") == R"("2013-03-21T20:04:00Z")");
  CHECK(shown("3bffffffffffffffff") == "-18446744073709551616.0");
  CHECK(shown("a5016161206162f5616344010203046164f93e006165") ==
        R"({"1":"a","-1":"b","true":"c","AQIDBA":"d","1.5":"e"})");
}

TEST_CASE("a private field that could not be opened is shown as redacted") {
  runar::cbor::Writer writer;
  writer.map(1);
  writer.text("email");
  writer.tag(RUNAR_CBOR_TAG_REDACTED);
  writer.array(1);
  writer.text("user");
  std::string text;
  CHECK(cbor_to_json(writer.bytes(), text).empty());
  CHECK(text == R"({"email":{"$redacted":["user"]}})");
}

TEST_CASE("a mark of redaction without labels is one, too") {
  runar::cbor::Writer writer;
  writer.tag(RUNAR_CBOR_TAG_REDACTED);
  writer.null();
  std::string text;
  CHECK(cbor_to_json(writer.bytes(), text).empty());
  CHECK(text == R"({"$redacted":true})");
}

TEST_CASE("nobody can forge a redacted field through JSON") {
  CHECK(encoded(R"({"$redacted":true})") ==
        "a16924726564616374656"
        "4f5");
}

TEST_CASE("keys that JSON can't have are refused") {
  CHECK(shown("a1800"
              "0") == "! a list or map as a key has no JSON");
  CHECK(shown("a1a000") == "! a list or map as a key has no JSON");
  CHECK(shown("a2010161310"
              "2") == "! a key stands twice");  // 1 and "1"
}

TEST_CASE("malformed and outsized CBOR is told, not shown") {
  CHECK(shown("ff") == "! the input is not CBOR");
  CHECK(shown("8200") == "! the input ends too early");
  CHECK(shown("0000") == "! bytes follow the value");
  std::string text;
  runar::cbor::Limits limits;
  limits.max_memory = 1000;
  const std::vector<std::uint8_t> many = [] {
    std::vector<std::uint8_t> bytes(101, 0x80);
    bytes[0] = 0x98;
    bytes[1] = 99;
    return bytes;
  }();
  CHECK(cbor_to_json(many, text, limits) == "the value is too large");
}
