#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <runar/payload.hpp>

#include "support/hex.h"

namespace shapes {

enum class Color { red, green };
RUNAR_ENUM(Color, red, green)

enum class Level : std::uint8_t { low = 1, high = 200 };

struct Point {
  double x = 0;
  double y = 0;
  RUNAR_FIELDS(x, y)
  friend bool operator==(const Point&, const Point&) = default;
};

struct Everything {
  bool flag = false;
  std::int8_t small = 0;
  std::uint64_t large = 0;
  double real = 0;
  std::string text;
  runar::Bytes blob;
  std::vector<Point> points;
  std::array<int, 2> pair{};
  std::optional<std::string> maybe;
  std::map<std::string, int> counts;
  std::unordered_map<std::string, Color> colors;
  Color color = Color::red;
  Level level = Level::low;
  runar::json::Value any;
  RUNAR_FIELDS(flag, small, large, real, text, blob, points, pair, maybe, counts, colors, color,
               level, any)
  friend bool operator==(const Everything&, const Everything&) = default;
};

struct Tree {
  int value = 0;
  std::vector<Tree> children;
  RUNAR_FIELDS(value, children)
  friend bool operator==(const Tree&, const Tree&) = default;
};

struct Settings {
  std::string name;
  int size = 7;
  RUNAR_FIELDS(name, size)
  RUNAR_OPTIONAL(size)
};

}  // namespace shapes

namespace {

template <class T>
std::string encoded(const T& value) {
  runar::cbor::Writer writer;
  runar::Codec<T>::write(writer, value);
  return runard::test::to_hex(writer.bytes());
}
template <class T>
T decoded(const char* hex) {
  return runar::detail::decode_cbor<T>(runard::test::from_hex(hex));
}
// Through JSON text, which is easier to read than CBOR.
template <class T>
std::string refused(std::string_view json) {
  runar::cbor::Writer writer;
  if (const std::string problem = runar::json_to_cbor(json, writer); !problem.empty()) {
    return problem;
  }
  try {
    runar::detail::decode_cbor<T>(writer.bytes());
  } catch (const runar::Error& error) {
    CHECK(error.code() == RUNAR_E_INVALID);
    return error.what();
  }
  return "taken";
}
template <class T>
T from_json(std::string_view json) {
  runar::cbor::Writer writer;
  REQUIRE(runar::json_to_cbor(json, writer).empty());
  return runar::detail::decode_cbor<T>(writer.bytes());
}

}  // namespace

TEST_CASE("a struct with every kind of field survives the way to CBOR and back") {
  shapes::Everything value;
  value.flag = true;
  value.small = -128;
  value.large = UINT64_MAX;
  value.real = 1.1;
  value.text = "h\xc3\xa4";
  value.blob = {0, 1, 255};
  value.points = {{1, 2}, {-0.5, 1e300}};
  value.pair = {3, -4};
  value.maybe = "yes";
  value.counts = {{"a", 1}, {"bb", 2}};
  value.colors = {{"sky", shapes::Color::green}};
  value.color = shapes::Color::green;
  value.level = shapes::Level::high;
  value.any = runar::json::Value::Array{1, "two", nullptr};

  runar::cbor::Writer writer;
  runar::Codec<shapes::Everything>::write(writer, value);
  CHECK(runar::detail::decode_cbor<shapes::Everything>(writer.bytes()) == value);

  runar::cbor::Limits strict;
  strict.strict = true;
  runar::cbor::Reader reader(writer.bytes(), strict);
  reader.skip();
  CHECK(reader.error() == runar::cbor::Errc::kOk);
}

TEST_CASE("fields stand in canonical order and absent ones are left out") {
  CHECK(encoded(shapes::Point{1, 2}) == "a26178f93c006179f94000");
  shapes::Everything value;
  runar::cbor::Writer writer;
  runar::Codec<shapes::Everything>::write(writer, value);
  std::string text;
  CHECK(runar::cbor_to_json(writer.bytes(), text).empty());
  CHECK(text ==
        R"({"any":null,"blob":"","flag":false,"pair":[0,0],"real":0.0,"text":"","color":"red",)"
        R"("large":0,"level":1,"small":0,"colors":{},"counts":{},"points":[]})");
}

TEST_CASE("what is wrong is told with the place where it is") {
  using List = std::vector<shapes::Point>;
  using Nested = std::map<std::string, std::vector<shapes::Point>>;
  CHECK(refused<shapes::Point>(R"({"x":1})") == "y: is missing");
  CHECK(refused<shapes::Point>(R"({"x":1,"y":"2"})") == "y: expected a number, found a text");
  CHECK(refused<List>(R"([{"x":1,"y":2},{"x":true,"y":2}])") ==
        "[1].x: expected a number, found true or false");
  CHECK(refused<Nested>(R"({"a":[],"b":[{"x":1}]})") == "b[0].y: is missing");
  CHECK(refused<shapes::Point>("null") == "expected a map, found null");
  CHECK(refused<std::string>("1") == "expected a text, found an integer");
  CHECK(refused<shapes::Color>(R"("blue")") == "expected one of red green");
  CHECK(refused<std::array<int, 2>>("[1]") == "the list is too short");
  CHECK(refused<std::array<int, 2>>("[1,2,3]") == "[2]: the list is too long");
  CHECK(refused<runar::Bytes>(R"("not base64!")") == "expected bytes as base64url");
  CHECK(refused<bool>("0") == "expected true or false, found an integer");
}

TEST_CASE("integers are taken only when they fit") {
  CHECK(refused<std::int8_t>("127") == "taken");
  CHECK(refused<std::int8_t>("-128") == "taken");
  CHECK(refused<std::int8_t>("128") == "the number is out of range");
  CHECK(refused<std::int8_t>("-129") == "the number is out of range");
  CHECK(refused<std::uint16_t>("-1") == "the number is out of range");
  CHECK(refused<std::uint64_t>("18446744073709551615") == "taken");
  CHECK(refused<int>("2.5") == "expected an integer in range");
  CHECK(refused<int>("1e300") == "expected an integer in range");
  CHECK(from_json<int>("2.0") == 2);
  CHECK(from_json<std::int64_t>("-9223372036854775808") == INT64_MIN);
  CHECK(refused<std::int64_t>("9223372036854775808.0") == "expected an integer in range");
  CHECK(refused<std::uint64_t>("18446744073709551616.0") == "expected an integer in range");
  CHECK(std::isnan(decoded<double>("f97e00")));
  CHECK_THROWS(decoded<int>("f97e00"));
}

TEST_CASE("unknown fields are ignored, a field that stands twice is not") {
  CHECK(from_json<shapes::Point>(R"({"x":1,"y":2,"z":{"deep":[1]}})") == shapes::Point{1, 2});
  CHECK_THROWS_AS(decoded<shapes::Point>("a3617801617902617803"), runar::Error);
}

TEST_CASE("optional fields may be absent or null, and keep their default") {
  CHECK(from_json<shapes::Settings>(R"({"name":"a"})").size == 7);
  CHECK(from_json<shapes::Settings>(R"({"name":"a","size":1})").size == 1);
  CHECK(refused<shapes::Settings>(R"({"size":1})") == "name: is missing");
  CHECK_FALSE(from_json<std::optional<int>>("null").has_value());
}

TEST_CASE("bytes are taken from bytes and from base64url text") {
  CHECK(decoded<runar::Bytes>("4401020304") == runar::Bytes{1, 2, 3, 4});
  CHECK(from_json<runar::Bytes>(R"("AQIDBA")") == runar::Bytes{1, 2, 3, 4});
  CHECK(from_json<runar::Bytes>(R"("AQIDBA==")") == runar::Bytes{1, 2, 3, 4});
  CHECK(refused<runar::Bytes>(R"("A")") == "expected bytes as base64url");
  CHECK(refused<runar::Bytes>(R"("AR")") == "expected bytes as base64url");  // stray bits
}

TEST_CASE("tags are looked through, but not the one of a private field") {
  CHECK(decoded<std::string>("c06161") == "a");
  runar::cbor::Writer writer;
  writer.map(2);
  writer.text("x");
  writer.number(1);
  writer.text("y");
  writer.tag(RUNAR_CBOR_TAG_REDACTED);
  writer.null();
  try {
    runar::detail::decode_cbor<shapes::Point>(writer.bytes());
    FAIL("a redacted field was taken for a value");
  } catch (const runar::Error& error) {
    CHECK(std::string(error.what()) == "y: is private and not readable here");
  }
}

TEST_CASE("a small message can't make a large structure") {
  // 4 MiB of empty maps would become 4 Mi structs of 56 bytes.
  struct Big {
    std::optional<std::array<double, 32>> numbers;
    RUNAR_FIELDS(numbers)
  };
  std::vector<std::uint8_t> bytes(1 << 20, 0xA0);
  bytes[0] = 0x9A;
  bytes[1] = 0x00;
  bytes[2] = 0x0F;
  bytes[3] = 0xFF;
  bytes[4] = 0xFB;
  CHECK_THROWS_AS(runar::detail::decode_cbor<std::vector<Big>>(bytes), runar::Error);
}

TEST_CASE("the schema says what the codec takes") {
  const auto schema = runar::schema_of<shapes::Everything>();
  runar::json::Value value;
  REQUIRE(runar::json::parse(schema, value).empty());
  CHECK(runar::schema_of<shapes::Settings>() ==
        R"({"type":"object","properties":{"name":{"type":"string"},"size":{"type":"integer"}},)"
        R"("required":["name"]})");
  CHECK(runar::schema_of<shapes::Color>() == R"({"enum":["red","green"]})");
  CHECK(runar::schema_of<std::vector<bool>>() == R"({"type":"array","items":{"type":"boolean"}})");
  CHECK(runar::schema_of<void>().empty());
}

TEST_CASE("a type that contains itself is read to a limit, and its schema ends") {
  const auto tree =
      from_json<shapes::Tree>(R"({"value":1,"children":[{"value":2,"children":[]}]})");
  CHECK(tree == shapes::Tree{1, {{2, {}}}});
  std::string deep = R"({"value":1,"children":[]})";
  for (int i = 0; i < 31; ++i) {
    deep = R"({"value":1,"children":[)" + deep + "]}";
  }
  CHECK(refused<shapes::Tree>(deep) == "taken");
  CHECK(refused<shapes::Tree>(R"({"value":1,"children":[)" + deep + "]}").front() == 'J');
  runar::json::Value schema;
  CHECK(runar::json::parse(runar::schema_of<shapes::Tree>(), schema, {4096, 1U << 20, 1U << 20})
            .empty());
}

TEST_CASE("a payload in JSON, text or nothing at all is decoded too") {
  const auto decode = []<class T>(std::string_view text, std::uint32_t encoding, T*) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    return runar::detail::decode<T>({{bytes, text.size()}, nullptr, 0, encoding, 0});
  };
  constexpr shapes::Point* kPoint = nullptr;
  constexpr std::string* kText = nullptr;
  constexpr shapes::Settings* kSettings = nullptr;
  constexpr std::optional<int>* kMaybe = nullptr;
  CHECK(decode(R"({"x":1,"y":2})", RUNAR_ENC_JSON, kPoint) == shapes::Point{1, 2});
  CHECK(decode("plain", RUNAR_ENC_TEXT, kText) == "plain");
  CHECK_THROWS_AS(decode("plain", RUNAR_ENC_TEXT, kPoint), runar::Error);
  CHECK_THROWS_AS(decode("{", RUNAR_ENC_JSON, kPoint), runar::Error);
  CHECK_THROWS_AS(decode("", RUNAR_ENC_CBOR, kSettings), runar::Error);  // name is missing
  CHECK_FALSE(decode("", RUNAR_ENC_RAW, kMaybe).has_value());
}
