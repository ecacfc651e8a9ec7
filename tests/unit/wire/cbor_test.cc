#include "wire/cbor.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using runard::core::as_text;
using runard::core::Bytes;
using runard::wire::CborReader;
using runard::wire::CborWriter;

TEST_CASE("integers have the shortest form of RFC 8949") {
  Bytes out;
  CborWriter writer(out);
  writer.number(0);
  writer.number(23);
  writer.number(24);
  writer.number(1000);
  writer.number(1000000);
  writer.number(1000000000000);
  writer.integer(-1);
  writer.integer(-1000);
  CHECK(out == Bytes{0x00, 0x17, 0x18, 0x18, 0x19, 0x03, 0xe8, 0x1a, 0x00, 0x0f, 0x42, 0x40, 0x1b,
                     0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00, 0x20, 0x39, 0x03, 0xe7});

  CborReader reader(out);
  CHECK(reader.number() == 0);
  CHECK(reader.number() == 23);
  CHECK(reader.number() == 24);
  CHECK(reader.number() == 1000);
  CHECK(reader.number() == 1000000);
  CHECK(reader.number() == 1000000000000);
  CHECK(reader.integer() == -1);
  CHECK(reader.integer() == -1000);
  CHECK(reader.done());
}

TEST_CASE("a map is read by key and unknown keys are skipped, whatever they hold") {
  Bytes out;
  CborWriter writer(out);
  writer.map(4);
  writer.key(1);
  writer.text("edge-1");
  writer.key(5);
  writer.array(2);
  writer.map(1);
  writer.key(0);
  writer.null();
  writer.bytes(Bytes{1, 2, 3});
  writer.key(7);
  writer.boolean(true);
  writer.key(9);
  writer.array(2);
  writer.number(4);
  writer.number(5);

  std::string name;
  bool flag = false;
  std::uint64_t sum = 0;
  CborReader reader(out);
  reader.map([&](std::uint64_t key) {
    switch (key) {
      case 1:
        name = reader.text();
        break;
      case 7:
        flag = reader.boolean();
        break;
      case 9:
        reader.array(8, [&] { sum += reader.number(); });
        break;
      default:
        reader.skip();
    }
  });
  CHECK(reader.done());
  CHECK(name == "edge-1");
  CHECK(flag);
  CHECK(sum == 9);
}

TEST_CASE("what is not in the one strict form is refused") {
  const auto refused = [](const Bytes& bytes) {
    CborReader reader(bytes);
    reader.skip();
    return !reader.done();
  };
  CHECK(refused({}));
  CHECK(refused({0x18, 0x17}));                    // 23 in two bytes
  CHECK(refused({0x19, 0x00, 0xff}));              // 255 in three
  CHECK(refused({0x5f, 0xff}));                    // indefinite length
  CHECK(refused({0xc0, 0x00}));                    // a tag
  CHECK(refused({0xfb, 0, 0, 0, 0, 0, 0, 0, 0}));  // a float
  CHECK(refused({0x42, 0x01}));                    // a string that ends early
  CHECK(refused({0x82, 0x01}));                    // an array that ends early
  CHECK(refused({0x01, 0x02}));                    // a byte too much
  CHECK(refused(Bytes(17, 0x81)));                 // nested too deep
  CHECK(refused({0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
}

TEST_CASE("keys of a map that are not ascending are refused") {
  for (const Bytes& bytes :
       {Bytes{0xa2, 0x01, 0x00, 0x01, 0x00}, Bytes{0xa2, 0x02, 0x00, 0x01, 0x00}}) {
    CborReader reader(bytes);
    reader.map([&](std::uint64_t) { reader.skip(); });
    CHECK_FALSE(reader.ok());
  }
}

TEST_CASE("text that is not UTF-8 is refused") {
  for (const Bytes& bytes :
       {Bytes{0x61, 0xff}, Bytes{0x62, 0xc0, 0x80}, Bytes{0x63, 0xed, 0xa0, 0x80},
        Bytes{0x64, 0xf4, 0x90, 0x80, 0x80}, Bytes{0x61, 0xe2}}) {
    CborReader reader(bytes);
    reader.text();
    CHECK_FALSE(reader.ok());
  }
  const Bytes euro{0x63, 0xe2, 0x82, 0xac};
  CborReader reader(euro);
  CHECK(reader.text() == "€");
  CHECK(reader.done());
}

TEST_CASE("a failed reader stays failed and gives zeros") {
  const Bytes bytes{0x61, 'a', 0x05};
  CborReader reader(bytes);
  CHECK(reader.number() == 0);
  CHECK(reader.number() == 0);
  CHECK(reader.text().empty());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("an array longer than its reader allows is refused") {
  const Bytes bytes{0x83, 1, 2, 3};
  CborReader reader(bytes);
  int items = 0;
  reader.array(2, [&] {
    ++items;
    reader.skip();
  });
  CHECK_FALSE(reader.ok());
  CHECK(items == 0);
}
