// links: routing
// The SDK's TopicPath and the daemon's routing follow the same rules: random texts from a seed.
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <runar/topic_path.hpp>

#include "routing/topic_pattern.h"

namespace {

class RandomTopic {
 public:
  explicit RandomTopic(std::uint32_t seed) : random_(seed) {}
  std::string text() {
    static constexpr const char* kPieces[] = {
        "a",    "b",   "/", "/",   "/",      "*",   ">",        "{x}",      "{y}",
        ":",    "%2F", "%", "%41", "%c3%a4", "%7f", "\xc3\xa4", "\xc2\x85", "\x01",
        "\xff", "n:",  "{", "}",   "$",      "%25", ".."};
    std::string text;
    for (unsigned count = pick(9); count > 0; --count) {
      text += kPieces[pick(std::size(kPieces))];
    }
    return text;
  }
  std::string tame() {
    static constexpr const char* kPieces[] = {"a", "b", "*", "{x}", "{y}", ">", "a%2Fb"};
    std::string text = kPieces[pick(2)];
    for (unsigned count = pick(4); count > 0; --count) {
      text.append("/").append(kPieces[pick(std::size(kPieces))]);
    }
    return text;
  }

 private:
  unsigned pick(std::size_t below) { return static_cast<unsigned>(random_() % below); }
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("the SDK takes and spells topics as the daemon does") {
  unsigned taken = 0;
  for (std::uint32_t seed = 0; seed < 40000; ++seed) {
    RandomTopic random(seed);
    const std::string text = seed % 2 == 0 ? random.text() : random.tame();
    INFO("seed " << seed << ": " << text);
    const auto ours = runar::TopicPath::parse(text, "main");
    const auto theirs = runard::routing::TopicPattern::parse(text, "main");
    REQUIRE(ours.has_value() == theirs.has_value());
    if (ours) {
      ++taken;
      REQUIRE(ours->text() == theirs->text());
      REQUIRE(ours->is_pattern() == !theirs->is_literal());
    }
  }
  CHECK(taken > 10000);
}

TEST_CASE("the SDK matches and captures as the daemon does") {
  unsigned matched = 0;
  for (std::uint32_t seed = 0; seed < 40000; ++seed) {
    RandomTopic random(seed);
    const std::string pattern = random.tame();
    const std::string path = random.tame();
    INFO("seed " << seed << ": " << pattern << " and " << path);
    const auto ours = runar::TopicPath::parse(pattern, "main");
    const auto our_path = runar::TopicPath::parse(path, "main");
    const auto theirs = runard::routing::TopicPattern::parse(pattern, "main");
    const auto their_path = runard::routing::TopicPath::parse(path, "main");
    if (!ours || !our_path || our_path->is_pattern()) {
      continue;
    }
    REQUIRE(their_path.has_value());
    const bool matches = ours->matches(*our_path);
    REQUIRE(matches == theirs->matches(*their_path));
    if (matches) {
      ++matched;
      const auto params = ours->params(*our_path);
      const auto their_params = theirs->params(*their_path);
      REQUIRE(params.has_value());
      REQUIRE(params->size() == their_params->size());
      for (const auto& [name, value] : *their_params) {
        REQUIRE(params->at(name) == value);
      }
    }
  }
  CHECK(matched > 1000);
}
