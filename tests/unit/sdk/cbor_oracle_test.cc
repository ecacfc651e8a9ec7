// nlohmann-json as the second opinion: random values from a seed, both directions.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <runar/cbor_json.hpp>

#include "support/hex.h"

namespace {

class RandomJson {
 public:
  explicit RandomJson(std::uint32_t seed) : random_(seed) {}

  nlohmann::json value(int depth) {
    switch (pick(depth > 0 ? 9 : 7)) {
      case 0:
        return nullptr;
      case 1:
        return pick(2) == 0;
      case 2:
        return integer();
      case 3:
        return std::uint64_t{random_()} << 32 | random_();
      case 4:
        return real();
      case 5:
      case 6:
        return text();
      case 7: {
        auto list = nlohmann::json::array();
        for (unsigned i = pick(5); i > 0; --i) {
          list.push_back(value(depth - 1));
        }
        return list;
      }
      default: {
        auto object = nlohmann::json::object();
        for (unsigned i = pick(5); i > 0; --i) {
          object[text()] = value(depth - 1);
        }
        return object;
      }
    }
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

 private:
  std::int64_t integer() {
    const auto wide = static_cast<std::int64_t>(std::uint64_t{random_()} << 32 | random_());
    return wide >> pick(64);
  }
  double real() {
    while (true) {
      const std::uint64_t bits = std::uint64_t{random_()} << 32 | random_();
      const double any = std::bit_cast<double>(bits);
      const double halves = static_cast<double>(integer() % 4096) / 16;
      const double value = pick(2) == 0 ? any : halves;
      if (std::isfinite(value)) {
        return value;
      }
    }
  }
  std::string text() {
    std::string out;
    for (unsigned i = pick(12); i > 0; --i) {
      const unsigned code = pick(4) == 0 ? pick(0xD800) : pick(0x80);
      runar::json::detail::append_utf8(out, code);
    }
    return out;
  }
  std::mt19937 random_;
};

bool nlohmann_reads(const std::vector<std::uint8_t>& bytes) {
  try {
    return !nlohmann::json::from_cbor(bytes, true, false,
                                      nlohmann::json::cbor_tag_handler_t::ignore)
                .is_discarded();
  } catch (const nlohmann::json::exception&) {  // counts beyond its size type
    return false;
  }
}

}  // namespace

TEST_CASE("what nlohmann-json encodes, our reader reads as the same JSON") {
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    const nlohmann::json value = RandomJson(seed).value(4);
    const auto bytes = nlohmann::json::to_cbor(value);
    std::string text;
    REQUIRE(runar::cbor_to_json(bytes, text).empty());
    REQUIRE(nlohmann::json::parse(text) == value);
  }
}

TEST_CASE("what our writer encodes from JSON text, nlohmann-json reads as the same value") {
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    const nlohmann::json value = RandomJson(seed).value(4);
    runar::cbor::Writer writer;
    REQUIRE(runar::json_to_cbor(value.dump(), writer).empty());
    const auto bytes = writer.bytes();
    REQUIRE(nlohmann::json::from_cbor(bytes.begin(), bytes.end()) == value);

    runar::cbor::Limits strict;
    strict.strict = true;
    runar::cbor::Reader reader(bytes, strict);
    reader.skip();
    reader.expect_end();
    REQUIRE(reader.error() == runar::cbor::Errc::kOk);
  }
}

TEST_CASE("bytes that were damaged are read or refused like nlohmann-json does") {
  unsigned refused = 0;
  for (std::uint32_t seed = 0; seed < 20000; ++seed) {
    INFO("seed " << seed);
    RandomJson random(seed);
    auto bytes = nlohmann::json::to_cbor(random.value(3));
    for (unsigned i = random.pick(3) + 1; i > 0; --i) {
      bytes[random.pick(static_cast<unsigned>(bytes.size()))] =
          static_cast<std::uint8_t>(random.pick(256));
    }
    INFO(runard::test::to_hex(bytes));
    runar::cbor::Reader reader(bytes);
    reader.skip();
    reader.expect_end();
    // Whatever it takes, we take too; we know more of CBOR than JSON has (simple values, keys that
    // are no text), and only we check UTF-8.
    if (reader.error() == runar::cbor::Errc::kOk || reader.error() == runar::cbor::Errc::kBadUtf8) {
      continue;
    }
    ++refused;
    REQUIRE_FALSE(nlohmann_reads(bytes));
  }
  CHECK(refused > 1000);
}
