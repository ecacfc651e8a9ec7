#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <runar/cbor.hpp>

#include "unit/sdk/cbor_vectors.h"
#include "unit/sdk/diagnostic.h"

using runar::cbor::Container;
using runar::cbor::Errc;
using runar::cbor::Kind;
using runar::cbor::Limits;
using runar::cbor::Reader;
using runar::cbor::Writer;
using runard::test::from_hex;
using runard::test::to_hex;
using test::Diagnostic;

namespace {

Errc read(const char* text, const Limits& limits = {}) {
  const auto bytes = from_hex(text);
  Reader reader(bytes, limits);
  reader.skip();
  reader.expect_end();
  return reader.error();
}
Errc read_strict(const char* text) {
  Limits limits;
  limits.strict = true;
  return read(text, limits);
}

bool is_float(const char* diagnostic) {
  const std::string text = diagnostic;
  return text.find_first_of("[{(\"h") == std::string::npos &&
         (text.find('.') != std::string::npos || text.find("Inf") != std::string::npos ||
          text == "NaN");
}

}  // namespace

TEST_CASE("every example of RFC 8949 appendix A reads as the RFC says") {
  for (const test::Vector& vector : test::kAppendixA) {
    INFO(vector.hex << " is " << vector.diagnostic);
    const auto bytes = from_hex(vector.hex);
    const Diagnostic shown(bytes);
    CHECK(shown.error() == Errc::kOk);
    if (is_float(vector.diagnostic)) {
      const double expected = std::strtod(vector.diagnostic, nullptr);
      CHECK(
          ((std::isnan(expected) && std::isnan(shown.number())) ||
           (shown.number() == expected && std::signbit(shown.number()) == std::signbit(expected))));
    } else if (std::string(vector.hex) != "c1fb41d452d9ec200000") {
      CHECK(shown.text() == vector.diagnostic);
    } else {
      CHECK(shown.number() == 1363896240.5);
    }
  }
}

TEST_CASE("the writer makes the canonical examples of appendix A, byte for byte") {
  for (const test::Vector& vector : test::kAppendixA) {
    INFO(vector.hex << " is " << vector.diagnostic);
    const auto bytes = from_hex(vector.hex);
    const std::string again = Diagnostic(bytes).rewritten();
    CHECK((again == vector.hex) == vector.canonical);
    CHECK(read_strict(again.c_str()) == Errc::kOk);
    CHECK((read_strict(vector.hex) == Errc::kOk) == vector.canonical);
  }
}

TEST_CASE("text and bytes are views into the input") {
  const auto bytes = from_hex(
      "826161"
      "4101");
  Reader reader(bytes);
  Container list = reader.array();
  std::string text_scratch;
  std::vector<std::uint8_t> bytes_scratch;
  REQUIRE(reader.more(list));
  CHECK(reinterpret_cast<const std::uint8_t*>(reader.text(text_scratch).data()) == &bytes[2]);
  REQUIRE(reader.more(list));
  CHECK(reader.bytes(bytes_scratch).data() == &bytes[4]);
  CHECK_FALSE(reader.more(list));
  CHECK(reader.ok());
}

TEST_CASE("every proper prefix of an item is truncated") {
  for (const test::Vector& vector : test::kAppendixA) {
    const auto bytes = from_hex(vector.hex);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      INFO(vector.hex << " cut to " << size);
      Reader reader(std::span<const std::uint8_t>(bytes).first(size));
      reader.skip();
      CHECK(reader.error() == Errc::kTruncated);
    }
  }
}

TEST_CASE("what is not well-formed is refused (RFC 8949 appendix F)") {
  // Reserved additional information.
  for (const char* text :
       {"1c", "1d", "1e", "3c", "5c", "7d", "9e", "bc", "dd", "fc", "fd", "fe"}) {
    INFO(text);
    CHECK(read(text) == Errc::kMalformed);
  }
  // Two-byte simple values below 32.
  for (const char* text : {"f800", "f801", "f818", "f81f"}) {
    INFO(text);
    CHECK(read(text) == Errc::kMalformed);
  }
  // Chunks of another type, or indefinite again.
  for (const char* text : {"5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff",
                           "7f4100ff", "5f5f4100ffff", "7f7f6100ffff"}) {
    INFO(text);
    CHECK(read(text) == Errc::kMalformed);
  }
  // A break where none may be.
  for (const char* text : {"ff", "81ff", "8200ff", "a1ff00", "a100ff", "9f81ff",
                           "9f829f819f9fffffffff", "bf00ff", "bf000000ff", "c0ff"}) {
    INFO(text);
    CHECK(read(text) == Errc::kMalformed);
  }
  // Indefinite lengths where there are none.
  for (const char* text : {"1f", "3f", "df"}) {
    INFO(text);
    CHECK(read(text) == Errc::kMalformed);
  }
  CHECK(read("0000") == Errc::kTrailing);
  CHECK(read("") == Errc::kTruncated);
}

TEST_CASE("a count or length beyond the input is refused before anything is reserved") {
  CHECK(read("9bffffffffffffffff00") == Errc::kTruncated);
  CHECK(read("bb7fffffffffffffff0000") == Errc::kTruncated);
  CHECK(read("5bffffffffffffffff00") == Errc::kTruncated);
  CHECK(read("7b00000000ffffffff61") == Errc::kTruncated);
  CHECK(read("a20000") == Errc::kTruncated);
}

TEST_CASE("text must be UTF-8, in every chunk") {
  CHECK(read("62c328") == Errc::kBadUtf8);
  CHECK(read("62c080") == Errc::kBadUtf8);      // overlong
  CHECK(read("63eda080") == Errc::kBadUtf8);    // surrogate
  CHECK(read("64f4908080") == Errc::kBadUtf8);  // above U+10FFFF
  CHECK(read("6180") == Errc::kBadUtf8);
  CHECK(read("7f61c361bcff") == Errc::kBadUtf8);  // split inside a character
  CHECK(read("6b6162636465666768c3bc69") == Errc::kOk);
  CHECK(read("6b61626364656667c3286869") == Errc::kBadUtf8);
}

TEST_CASE("nesting is limited") {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) {
      text += "81";
    }
    return text + "00";
  };
  CHECK(read(nested(64).c_str()) == Errc::kOk);
  CHECK(read(nested(65).c_str()) == Errc::kTooDeep);
  Limits limits;
  limits.max_depth = 3;
  CHECK(read("81818100", limits) == Errc::kOk);
  CHECK(read("8181818100", limits) == Errc::kTooDeep);
  CHECK(read("a100a100a100a10000", limits) == Errc::kTooDeep);
  CHECK(read("9f9f9f9fffffffff", limits) == Errc::kTooDeep);
}

TEST_CASE("tags may stand before tags without using up depth or stack") {
  std::string text;
  for (int i = 0; i < 100000; ++i) {
    text += "c0";
  }
  CHECK(read((text + "00").c_str()) == Errc::kOk);
  CHECK(read(text.c_str()) == Errc::kTruncated);
}

TEST_CASE("input and memory are limited") {
  Limits limits;
  limits.max_bytes = 3;
  CHECK(read("820001", limits) == Errc::kOk);
  CHECK(read("83000102", limits) == Errc::kTooLarge);
  const auto bytes = from_hex("00");
  limits.max_memory = 100;
  Reader reader(bytes, limits);
  CHECK(reader.charge(60));
  CHECK_FALSE(reader.charge(60));
  CHECK(reader.error() == Errc::kTooLarge);
}

TEST_CASE("strict reading takes the deterministic encoding only") {
  CHECK(read_strict("1817") == Errc::kNotCanonical);
  CHECK(read_strict("1900ff") == Errc::kNotCanonical);
  CHECK(read_strict("1a0000ffff") == Errc::kNotCanonical);
  CHECK(read_strict("1b00000000ffffffff") == Errc::kNotCanonical);
  CHECK(read_strict("780161") == Errc::kNotCanonical);
  CHECK(read_strict("9fff") == Errc::kNotCanonical);
  CHECK(read_strict("fa3f800000") == Errc::kNotCanonical);
  CHECK(read_strict("fb3ff0000000000000") == Errc::kNotCanonical);
  CHECK(read_strict("f97e01") == Errc::kNotCanonical);
  CHECK(read_strict("a2616201616102") == Errc::kNotCanonical);  // b before a
  CHECK(read_strict("a2626161016162"
                    "02") == Errc::kNotCanonical);  // longer before shorter
  CHECK(read_strict("a2616101616102") == Errc::kDuplicateKey);
  CHECK(read_strict("a2616101616202") == Errc::kOk);
}

TEST_CASE("maps that are keys of maps take no longer for being deep") {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += "a1";
  }
  CHECK(read_strict((text + "00").c_str()) == Errc::kTruncated);
  const std::string values(60 * 2, '0');
  CHECK(read_strict((text + "00" + values).c_str()) == Errc::kOk);
  CHECK(read_strict((text + "1817" + values).c_str()) == Errc::kNotCanonical);
}

TEST_CASE("the first error sticks and later reads give nothing") {
  const auto bytes = from_hex("8261610203");
  Reader reader(bytes);
  Container list = reader.array();
  REQUIRE(reader.more(list));
  CHECK(reader.integer() == 0);
  CHECK(reader.error() == Errc::kWrongType);
  std::string scratch;
  CHECK(reader.text(scratch).empty());
  CHECK_FALSE(reader.more(list));
  CHECK(reader.peek() == Kind::kEnd);
  CHECK(reader.error() == Errc::kWrongType);
}

TEST_CASE("integers are checked against the type asked for") {
  const auto integer = [](const char* text, Errc& error) {
    const auto bytes = from_hex(text);
    Reader reader(bytes);
    const std::int64_t value = reader.integer();
    error = reader.error();
    return value;
  };
  Errc error{};
  CHECK(integer("3b7fffffffffffffff", error) == INT64_MIN);
  CHECK(error == Errc::kOk);
  CHECK(integer("1b7fffffffffffffff", error) == INT64_MAX);
  CHECK(error == Errc::kOk);
  CHECK(integer("1b8000000000000000", error) == 0);
  CHECK(error == Errc::kOutOfRange);
  CHECK(integer("3b8000000000000000", error) == 0);
  CHECK(error == Errc::kOutOfRange);
  const auto negative = from_hex("20");
  Reader reader(negative);
  CHECK(reader.unsigned_int() == 0);
  CHECK(reader.error() == Errc::kOutOfRange);
}

TEST_CASE("maps are put into canonical order, whatever order they are written in") {
  Writer writer;
  runar::cbor::MapWriter map(writer, 4);
  map.key("b");
  writer.integer(1);
  map.key("aa");
  writer.text("x");
  map.begin_key();
  writer.integer(10);
  map.end_key();
  writer.null();
  map.key("a");
  writer.boolean(true);
  CHECK(map.finish() == Errc::kOk);
  CHECK(to_hex(writer.bytes()) ==
        "a40af66161f561620162616161"
        "78");
}

TEST_CASE("a key that is written twice is told") {
  Writer writer;
  runar::cbor::MapWriter map(writer, 2);
  map.key("a");
  writer.integer(1);
  map.key("a");
  writer.integer(2);
  CHECK(map.finish() == Errc::kDuplicateKey);
}

TEST_CASE("the writer grows past its inline space and hands its block over") {
  Writer writer;
  const std::string text(1000, 'x');
  writer.text("short");
  CHECK(writer.release() == nullptr);
  writer.clear();
  writer.text(text);
  REQUIRE(writer.size() == 1003);
  std::uint8_t* block = writer.release();
  REQUIRE(block != nullptr);
  CHECK(block[3] == 'x');
  CHECK(writer.size() == 0);
  std::free(block);
  writer.integer(1);
  CHECK(to_hex(writer.bytes()) == "01");
}
