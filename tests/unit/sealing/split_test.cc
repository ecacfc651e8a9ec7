#include "sealing/split.h"

#include <runar/plugin.h>

#include <algorithm>

#include "sealing/join.h"
#include "sealing/limits.h"
#include "sealing/schema.h"
#include "world.h"

namespace runard::sealing::testing {
namespace {

Type type_of(std::string_view schema) {
  auto type = read_schema(1, "T", schema);
  REQUIRE(type);
  return std::move(*type);
}

// What an opener gives for the groups whose place in Type::label_sets is in `readable`.
struct Received {
  Received(const Type& type, const Split& split, const std::vector<std::uint32_t>& readable) {
    opened.clear = {{kRootPath, split.clear}};
    for (std::uint32_t set = 0; set < type.label_sets.size(); ++set) {
      envelope::OpenedGroup group;
      group.labels.assign(type.label_sets[set].begin(), type.label_sets[set].end());
      if (std::count(readable.begin(), readable.end(), set) > 0) {
        group.fields.emplace();
        for (const PrivateField& field : split.fields) {
          if (field.labels == set) {
            group.fields->push_back({field.path, field.value});
          }
        }
      }
      opened.groups.push_back(std::move(group));
    }
  }
  envelope::Opened opened;
};

const char* const kPerson = R"({"x-runar-owner":"id","properties":{"email":{"x-runar-label":"user"},
    "items":{"items":{"properties":{"price":{"x-runar-label":"system"}}}}}})";

core::Bytes person() {
  return cbor([](runar::cbor::Writer& w) {
    w.map(3);
    w.text("name");
    w.text("Ann");
    w.text("email");
    w.text("ann@example.org");
    w.text("items");
    w.array(2);
    for (const int price : {7, 9}) {
      w.map(1);
      w.text("price");
      w.integer(price);
    }
  });
}

TEST_CASE("Private fields leave a mark with their labels, and nothing else of themselves") {
  const Type type = type_of(kPerson);
  const core::Bytes value = person();
  const auto parts = split(type, value);
  REQUIRE(parts);
  REQUIRE(parts->fields.size() == 3);
  CHECK(parts->fields[0].path == "email");
  CHECK(parts->fields[1].path == "items[0].price");
  CHECK(parts->fields[2].path == "items[1].price");
  const std::string text(parts->clear.begin(), parts->clear.end());
  CHECK(text.find("ann@") == std::string::npos);
  CHECK(text.find("Ann") != std::string::npos);
}

TEST_CASE("Who can read all groups gets the value back, byte by byte") {
  const Type type = type_of(kPerson);
  const core::Bytes value = person();
  const auto parts = split(type, value);
  const Received all(type, *parts, {0, 1});
  CHECK(*join(all.opened) == value);
}

TEST_CASE("T21: Who can't read a group sees a mark in the place of each field, never a default") {
  const Type type = type_of(kPerson);
  const core::Bytes value = person();
  const auto parts = split(type, value);
  CHECK(*join(Received(type, *parts, {}).opened) == parts->clear);
  const core::Bytes some = *join(Received(type, *parts, {1}).opened);
  runar::cbor::Reader reader(some);
  auto map = reader.map();
  REQUIRE(reader.more(map));
  std::string scratch;
  CHECK(reader.text(scratch) == "name");
  CHECK(reader.text(scratch) == "Ann");
  REQUIRE(reader.more(map));
  CHECK(reader.text(scratch) == "email");
  CHECK(reader.tag() == RUNAR_CBOR_TAG_REDACTED);
  auto list = reader.array();
  REQUIRE(reader.more(list));
  CHECK(reader.text(scratch) == "user");
}

TEST_CASE("Fields without a place of their labels refuse the message") {
  const Type type = type_of(kPerson);
  const core::Bytes value = person();
  const auto parts = split(type, value);
  Received moved(type, *parts, {0, 1});
  SECTION("another path") {
    moved.opened.groups[0].fields->front().path = "name";
  }
  SECTION("no such path") {
    moved.opened.groups[0].fields->front().path = "emai";
  }
  SECTION("a place of another group") {
    std::swap(moved.opened.groups[0].fields, moved.opened.groups[1].fields);
  }
  SECTION("no value in clear") {
    moved.opened.clear.clear();
  }
  SECTION("two values in clear") {
    moved.opened.clear.push_back({"x", parts->clear});
  }
  const auto joined = join(moved.opened);
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == Errc::kEnvelopeFields);
}

TEST_CASE("A field that could not be read here stays a mark when it is passed on") {
  const Type type = type_of(kPerson);
  const core::Bytes value = person();
  const core::Bytes marked = split(type, value)->clear;
  const auto again = split(type, marked);
  REQUIRE(again);
  CHECK(again->fields.empty());
  CHECK(again->clear == marked);
}

TEST_CASE("A value that is not of its type is refused where private fields would be") {
  const Type type = type_of(kPerson);
  const auto code = [&](const core::Bytes& value) {
    const auto parts = split(type, value);
    return parts ? Errc{} : parts.error().code;
  };
  CHECK(code(cbor([](runar::cbor::Writer& w) { w.text("secret"); })) == Errc::kNotOfItsType);
  CHECK(code({}) == Errc::kNotOfItsType);
  CHECK(code({0xa1, 0x61}) == Errc::kNotOfItsType);
  CHECK(code({0xf6, 0xf6}) == Errc::kNotOfItsType);
  CHECK(code({0xa2, 0x61, 'a', 1, 0x61, 'a', 1}) == Errc::kNotOfItsType);
  CHECK(code(cbor([](runar::cbor::Writer& w) {
          w.map(1);
          w.text("items");
          w.map(0);
        })) == Errc::kNotOfItsType);
  CHECK(code(core::Bytes(100, 0x81)) == Errc::kNotOfItsType);
  CHECK(code({0xf6}) == Errc{});
}

TEST_CASE("The order of keys and the lengths of numbers don't matter") {
  const Type type = type_of(kPerson);
  // {_ "name": 1 (in 8 bytes), "email": (_ "a", "b")}
  const core::Bytes loose = {0xbf, 0x65, 'e',  'm',  'a', 'i', 'l', 0x7f, 0x61, 'a',
                             0x61, 'b',  0xff, 0x64, 'n', 'a', 'm', 'e',  0x1b, 0,
                             0,    0,    0,    0,    0,   0,   1,   0xff};
  const auto parts = split(type, loose);
  REQUIRE(parts);
  CHECK(parts->canonical == core::Bytes{0xa2, 0x64, 'n', 'a', 'm', 'e', 1, 0x65, 'e', 'm', 'a', 'i',
                                        'l', 0x62, 'a', 'b'});
  CHECK(*join(Received(type, *parts, {0, 1}).opened) == parts->canonical);
}

TEST_CASE("Keys with dots, brackets and dollars, and the empty one, have paths of their own") {
  const Type type = type_of(R"({"additionalProperties":{"additionalProperties":
      {"x-runar-label":"u"}}})");
  const core::Bytes value = cbor([](runar::cbor::Writer& w) {
    runar::cbor::MapWriter map(w, 6);
    for (const char* key : {"", "a", "c", "$whole", "a.b", "a[0]"}) {
      map.key(key);
      w.map(1);
      w.text(std::string_view(key) == "a" ? "b.c" : "c");
      w.integer(1);
    }
    (void)map.finish();
  });
  const auto parts = split(type, value);
  REQUIRE(parts);
  std::vector<std::string> paths;
  for (const PrivateField& field : parts->fields) {
    paths.push_back(field.path);
  }
  CHECK(paths ==
        std::vector<std::string>{"%.c", "a.b%2Ec", "c.c", "a%2Eb.c", "a%5B0].c", "%24whole.c"});
  CHECK(*join(Received(type, *parts, {0}).opened) == value);
}

// A random value, and a schema in which some of its places are private.
class Any {
 public:
  explicit Any(core::Random& random) : random_(random) {}

  void write(runar::cbor::Writer& out, std::string& schema, std::size_t depth) {
    const bool labelled = pick(3) == 0;
    const std::string label = R"("x-runar-label":"l)" + std::to_string(pick(4)) + "\"";
    switch (depth > 4 ? pick(2) : pick(4)) {
      case 0:
        out.integer(static_cast<std::int64_t>(random_.next()));
        schema += labelled ? "{" + label + "}" : "{}";
        return;
      case 1:
        out.text(std::string(pick(30), 'x'));
        schema += labelled ? "{" + label + "}" : "true";
        return;
      case 2: {
        const std::size_t count = pick(4);
        runar::cbor::MapWriter map(out, count);
        schema += labelled ? "{" + label + R"(,"properties":{)" : R"({"properties":{)";
        for (std::size_t i = 0; i < count; ++i) {
          const std::string key = "k" + std::to_string(i);
          schema += (i > 0 ? ",\"" : "\"") + key + "\":";
          map.key(key);
          write(out, schema, depth + 1);
        }
        schema += "}}";
        REQUIRE(map.finish() == runar::cbor::Errc::kOk);
        return;
      }
      default:
        out.array(1);
        schema += R"({"items":)";
        write(out, schema, depth + 1);
        schema += "}";
    }
  }
  std::size_t pick(std::size_t below) { return random_.next() % below; }

 private:
  core::Random& random_;
};

TEST_CASE("Split and join give back any value of any schema") {
  core::SystemRandom random;
  for (int round = 0; round < 2000; ++round) {
    runar::cbor::Writer out;
    std::string schema;
    Any any(random);
    any.write(out, schema, 0);
    const core::Bytes value(out.bytes().begin(), out.bytes().end());
    INFO(schema);
    const auto type = read_schema(1, "T", schema);
    REQUIRE(type);
    if (type->label_sets.empty()) {
      continue;
    }
    const auto parts = split(*type, value);
    REQUIRE(parts);
    std::vector<std::uint32_t> all;
    std::vector<std::uint32_t> some;
    for (std::uint32_t i = 0; i < type->label_sets.size(); ++i) {
      all.push_back(i);
      if (any.pick(2) == 0) {
        some.push_back(i);
      }
    }
    CHECK(*join(Received(*type, *parts, all).opened) == value);
    // Who reads some groups and passes the value on loses none of the marks.
    const core::Bytes partly = *join(Received(*type, *parts, some).opened);
    const auto again = split(*type, partly);
    REQUIRE(again);
    CHECK(again->clear == parts->clear);
  }
}

}  // namespace
}  // namespace runard::sealing::testing
