#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <runar/json.hpp>

using runar::json::Limits;
using runar::json::parse;
using runar::json::to_text;
using runar::json::Value;

namespace {

std::string again(std::string_view text) {
  Value value;
  const std::string problem = parse(text, value);
  return problem.empty() ? to_text(value) : problem;
}

}  // namespace

TEST_CASE("JSON text comes back as it went in") {
  for (const char* text :
       {"null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "1.5", "-0.25", "1e+22", R"("text")", "[]", "{}", R"([1,[2,{}]])",
        R"({"b":1,"a":{"c":[null,true]}})"}) {
    CHECK(again(text) == text);
  }
}

TEST_CASE("white space and escapes are understood") {
  CHECK(again(" \t\r\n[ 1 , 2 ] ") == "[1,2]");
  CHECK(again(R"("\u0041\n\t\"\\\/\u00e9\ud83d\ude00")") ==
        "\"A\\n\\t\\\"\\\\/\xc3\xa9\xf0\x9f\x98\x80\"");
  CHECK(again(R"("\u0000\u001f")") == R"("\u0000\u001f")");
}

TEST_CASE("a float stays a float and a huge integer becomes one") {
  CHECK(again("1.0") == "1.0");
  CHECK(again("1e3") == "1000.0");
  CHECK(again("18446744073709551616") == "18446744073709551616.0");
  CHECK(again("-9223372036854775809") == "-9223372036854775808.0");
}

TEST_CASE("what is wrong is told with line and column") {
  CHECK(again("{\n  \"a\": 1,\n  \"b\" 2\n}") == "JSON 3:7: expected :");
  CHECK(again("[1,]") == "JSON 1:4: expected a value");
  CHECK(again("") == "JSON 1:1: expected a value");
  CHECK(again("[1 2]") == "JSON 1:4: expected , or ]");
  CHECK(again(R"({"a":1,"a":2})") == "JSON 1:14: a name stands twice in one object");
}

TEST_CASE("what is not strict JSON is refused") {
  for (const char* text : {"01",
                           "+1",
                           ".5",
                           "1.",
                           "1e",
                           "-",
                           "--1",
                           "0x10",
                           "NaN",
                           "Infinity",
                           "nul",
                           "tru",
                           "'a'",
                           "{a:1}",
                           "[1,]",
                           "{\"a\":1,}",
                           "[",
                           "{",
                           "\"",
                           "\"\\",
                           "\"\\u12",
                           "\"\\x41\"",
                           "// x\n1",
                           "1 2",
                           "[1]]",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"a\nb\"",
                           "1e999",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "{\"a\"}",
                           "{1:2}",
                           "\xef\xbb\xbf"
                           "1"}) {
    INFO(text);
    Value value;
    CHECK_FALSE(parse(text, value).empty());
    const bool byte_order_mark = text[0] == '\xef';  // nlohmann skips it
    CHECK((byte_order_mark || !nlohmann::json::accept(text)));
  }
}

TEST_CASE("JSON is limited in depth, size and number of values") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  Value value;
  CHECK(parse(nested(64), value).empty());
  CHECK(parse(nested(65), value) == "JSON 1:65: nested too deeply");
  CHECK_FALSE(parse(std::string(1000000, '['), value).empty());
  CHECK_FALSE(parse("[1,2,3]", value, Limits{64, 6, 100}).empty());
  CHECK_FALSE(parse("[1,2,3]", value, Limits{64, 7, 3}).empty());
  CHECK(parse("[1,2,3]", value, Limits{64, 7, 4}).empty());
}

TEST_CASE("members are found by name") {
  Value value;
  REQUIRE(parse(R"({"a":{"b":7}})", value).empty());
  REQUIRE(value.find("a") != nullptr);
  CHECK(*value.find("a")->find("b")->if_integer() == 7);
  CHECK(value.find("b") == nullptr);
  CHECK(Value(1).find("a") == nullptr);
}

TEST_CASE("numbers without a JSON form are written as null") {
  CHECK(to_text(Value(std::numeric_limits<double>::infinity())) == "null");
  CHECK(to_text(Value(std::numeric_limits<double>::quiet_NaN())) == "null");
}
