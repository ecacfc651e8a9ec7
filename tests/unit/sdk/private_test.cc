// Private<T, "label"...>: value, redacted or absent.
#include <runar/private.hpp>

#include <catch2/catch_test_macros.hpp>
#include <runar/payload.hpp>

namespace {

struct Address {
  std::string city;
  runar::Private<std::string, "user", "system"> street;
  RUNAR_FIELDS(city, street)
};

struct Person {
  std::string id;
  runar::Private<int, "user"> age;
  std::vector<Address> addresses;
  RUNAR_FIELDS(id, age, addresses)
  RUNAR_OWNER(id)
};

template <class T>
T read(std::span<const std::uint8_t> bytes) {
  return runar::detail::decode_cbor<T>(bytes);
}

std::vector<std::uint8_t> redacted_age() {
  runar::cbor::Writer writer;
  writer.map(3);
  writer.text("id");
  writer.text("ann");
  writer.text("age");
  writer.tag(RUNAR_CBOR_TAG_REDACTED);
  writer.array(1);
  writer.text("user");
  writer.text("addresses");
  writer.array(0);
  return {writer.bytes().begin(), writer.bytes().end()};
}

}  // namespace

TEST_CASE("a private field is absent until it has a value") {
  Person person;
  CHECK(person.age.absent());
  CHECK_FALSE(person.age.redacted());
  CHECK_THROWS_AS(person.age.value(), runar::Error);
  person.age = 41;
  CHECK(person.age.value() == 41);
  CHECK(person.age.value_or(7) == 41);
  person.age.reset();
  CHECK(person.age.value_or(7) == 7);
}

TEST_CASE("a value crosses as itself, an absent one not at all") {
  Person person;
  person.id = "ann";
  person.addresses.push_back({"Bern", std::string("Main Street 1")});
  const auto sent = runar::Payload::cbor(person);
  const auto back = read<Person>(sent.bytes());
  CHECK(back.age.absent());
  CHECK(back.addresses[0].street.value() == "Main Street 1");
}

TEST_CASE("a redacted field is neither absent nor a default, and says its labels") {
  const auto person = read<Person>(redacted_age());
  CHECK(person.age.redacted());
  CHECK_FALSE(person.age.absent());
  CHECK_FALSE(person.age.has_value());
  CHECK(person.age.labels() == std::vector<std::string>{"user"});
  try {
    person.age.value();
    FAIL("a redacted field was taken for a value");
  } catch (const runar::Error& error) {
    CHECK(error.code() == RUNAR_E_DENIED);
  }
}

TEST_CASE("what could not be read is passed on as what could not be read") {
  const auto bytes = redacted_age();
  const auto again = runar::Payload::cbor(read<Person>(bytes));
  CHECK(read<Person>(again.bytes()).age.redacted());
}

TEST_CASE("the schema has the labels of each field and names the owner") {
  const std::string schema = runar::schema_of<Person>();
  CHECK(schema.find(R"("age":{"x-runar-label":["user"],"type":"integer"})") != std::string::npos);
  CHECK(schema.find(R"("street":{"x-runar-label":["user","system"],"type":"string"})") !=
        std::string::npos);
  CHECK(schema.find(R"("x-runar-owner":"id")") != std::string::npos);
  CHECK(schema.find(R"("required":["id","addresses"])") != std::string::npos);
}

TEST_CASE("an empty list of labels reads as the field's own") {
  runar::cbor::Writer writer;
  writer.tag(RUNAR_CBOR_TAG_REDACTED);
  writer.array(0);
  runar::Private<int, "user"> field;
  runar::Decoder from(writer.bytes());
  REQUIRE(from.read(field));
  CHECK(field.labels() == std::vector<std::string>{"user"});
}
