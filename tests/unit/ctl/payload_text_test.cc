#include "ctl/payload_text.h"

#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "admin/base64.h"
#include "ctl/json_text.h"
#include "ctl/payload_option.h"
#include "ctl/printable.h"
#include "ctl/table.h"

using namespace runard;
using core::Errc;

namespace {

core::Result<std::string> no_files(const std::string& name) {
  return core::fail(Errc::kNotFound, name);
}

std::string shown(const ctl::PayloadText& given) {
  const auto bytes = ctl::payload_from(given, no_files);
  REQUIRE(bytes.has_value());
  return ctl::payload_to_text(*bytes, "cbor", true);
}

}  // namespace

TEST_CASE("name=value pairs become a map, with the types their texts have") {
  CHECK(
      shown({{"a=2", "b=-1.5", "c=true", "d=null", "e=x", "f=2x", "g=", "h=\"q\"", "i==="}, ""}) ==
      R"({"a":2,"b":-1.5,"c":true,"d":null,"e":"x","f":"2x","g":"","h":"\"q\"","i":"=="})");
}

TEST_CASE("name:=JSON takes any JSON") {
  CHECK(shown({{"a:=[1,{\"b\":2}]", "c:=\"2\""}, ""}) == R"({"a":[1,{"b":2}],"c":"2"})");
}

TEST_CASE("what -d takes is JSON, a file, or stdin") {
  CHECK(shown({{}, "[1,2]"}) == "[1,2]");
  const auto files = [](const std::string& name) -> core::Result<std::string> {
    return "\"" + name + "\"";
  };
  for (const auto& [data, name] :
       {std::pair("@x.json", "x.json"), std::pair("-", "-"), std::pair("@-", "-")}) {
    const auto bytes = ctl::payload_from({{}, data}, files);
    REQUIRE(bytes.has_value());
    CHECK(ctl::payload_to_text(*bytes, "cbor", true) == "\"" + std::string(name) + "\"");
  }
}

TEST_CASE("what is neither is refused with a hint") {
  CHECK(ctl::payload_from({{"novalue"}, ""}, no_files).error().code == Errc::kUsage);
  CHECK(ctl::payload_from({{"=x"}, ""}, no_files).error().code == Errc::kUsage);
  CHECK(ctl::payload_from({{"a:=[1"}, ""}, no_files).error().code == Errc::kUsage);
  CHECK(ctl::payload_from({{"a=1"}, "[1]"}, no_files).error().code == Errc::kUsage);
  CHECK(ctl::payload_from({{}, "{"}, no_files).error().code == Errc::kUsage);
  CHECK(ctl::payload_from({{}, "@missing"}, no_files).error().code == Errc::kNotFound);
}

TEST_CASE("text and raw bytes are sent as they are, JSON as JSON") {
  const auto sent = [](const ctl::PayloadText& given) {
    const auto bytes = ctl::payload_from(given, no_files);
    return bytes ? std::string(core::as_text(*bytes)) : core::code_text(bytes.error().code);
  };
  CHECK(sent({{}, "not JSON", "text"}) == "not JSON");
  CHECK(sent({{}, "\x01\xff", "raw"}) == "\x01\xff");
  CHECK(sent({{}, "{\"a\": 1}", "json"}) == R"({"a":1})");
  CHECK(sent({{"a=1"}, "", "json"}) == R"({"a":1})");
  CHECK(sent({{"a=1"}, "", "text"}) == "RUNAR-E7002");
  CHECK(sent({{}, "{", "json"}) == "RUNAR-E7002");
}

TEST_CASE("results are shown in their encoding") {
  CHECK(ctl::payload_to_text(core::as_bytes("hi"), "text", false) == "hi");
  CHECK(ctl::payload_to_text(core::as_bytes("hi"), "text", true) == "\"hi\"");
  CHECK(ctl::payload_to_text(core::as_bytes("hi"), "raw", false) == "6869");
  CHECK(ctl::payload_to_text(core::as_bytes("[1]"), "json", true) == "[1]");
  CHECK(ctl::payload_to_text({}, "cbor", true) == "null");
  CHECK(ctl::payload_to_text(core::as_bytes("\xff"), "cbor", false).starts_with("\"not CBOR"));
}

TEST_CASE("a result as JSON is JSON, whatever bytes the service sent, and however deep it nests") {
  const auto result = [](std::string_view bytes, const char* encoding) {
    return ctl::json_text(ctl::shown_value(
        {{"payload", admin::to_base64(core::as_bytes(bytes))}, {"encoding", encoding}}));
  };
  CHECK(result("a\xffz\xc3", "text") == "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"");
  CHECK(result("[\"\xff\"]", "json") == "\"[\\\"\xEF\xBF\xBD\\\"]\"");
  CHECK(result("not JSON", "json") == R"("not JSON")");
  const std::string deep = std::string(64, '[') + std::string(64, ']');
  CHECK(result(deep, "json") == deep);
  const std::string deeper = std::string(1000, '[') + std::string(1000, ']');
  CHECK(result(deeper, "json") == "\"" + deeper + "\"");
}

TEST_CASE("JSON is UTF-8 even where a key or a file's name is not") {
  CHECK(ctl::json_text(boost::json::object{{"\xff", "\x80x"}}) ==
        "{\"\xEF\xBF\xBD\":\"\xEF\xBF\xBDx\"}");
}

TEST_CASE("what terminals obey is shown as '?', and what people write as it is") {
  CHECK(ctl::printable("a\n\x1b[2J\x7f") == "a??[2J?");
  CHECK(ctl::printable("\xc2\x9bJ\xc2\x80\xc2\xa0") == "?J?\xc2\xa0");
  CHECK(ctl::printable("\x9bJ\xe2\x82") == "?J??");
  CHECK(ctl::printable("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") ==
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST_CASE("a table is as wide as its cells, and no cell can move the cursor") {
  ctl::Table table({"A", "LONG"});
  table.row({"xxx", "1"});
  table.row({"\xc3\xa4", "\x1b[2J"});
  table.row({"\xc2\x9b\x9b", "\xc2\x9bJ\x7f"});
  std::ostringstream out;
  table.print(out);
  CHECK(out.str() == "A    LONG\nxxx  1\n\xc3\xa4    ?[2J\n??   ?J?\n");
}

TEST_CASE("durations read as people say them") {
  CHECK(ctl::duration_text(37'000) == "37.0 us");
  CHECK(ctl::duration_text(412'000'000) == "412.0 ms");
  CHECK(ctl::duration_text(125'000'000'000) == "2m 5s");
  CHECK(ctl::duration_text(273'600'000'000'000) == "3d 4h");
}
