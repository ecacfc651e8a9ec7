// The trie, the pattern and a matcher so plain that it can't be wrong, on random input.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/random.h"
#include "routing/route_trie.h"
#include "unit/routing/topics.h"

using namespace runard::routing;

namespace {

using Words = std::vector<std::string>;

Words words(std::string_view text) {
  Words result(1);
  for (const char c : text) {
    if (c == '/') {
      result.emplace_back();
    } else {
      result.back() += c;
    }
  }
  return result;
}

// The definition, by recursion, on words.
bool naive_match(const Words& pattern, std::size_t p, const Words& path, std::size_t at) {
  if (p == pattern.size() || at == path.size()) {
    return p == pattern.size() && at == path.size();
  }
  if (pattern[p] == ">") {
    return true;
  }
  const bool fits = pattern[p] == "*" || pattern[p][0] == '{' || pattern[p] == path[at];
  return fits && naive_match(pattern, p + 1, path, at + 1);
}

// The ranks of the segments as letters: of two matches the one that is less goes first.
std::string ranks(const Words& pattern) {
  std::string result;
  for (const std::string& word : pattern) {
    result += word == ">" ? 'd' : word == "*" ? 'c' : word[0] == '{' ? 'b' : 'a';
  }
  return result;
}

class Topics {
 public:
  explicit Topics(std::uint64_t seed) : random_(seed) {}

  std::string path() { return network() + literals(1 + random_.below(5)); }
  std::string pattern() {
    std::string text = network();
    const std::uint64_t size = 1 + random_.below(5);
    for (std::uint64_t i = 0; i < size; ++i) {
      text += i == 0 ? "" : "/";
      text += segment(i, i + 1 == size);
    }
    return text;
  }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

 private:
  std::string network() { return random_.below(10) == 0 ? "two:" : "one:"; }
  std::string word() { return std::string(1, static_cast<char>('a' + random_.below(3))); }
  std::string literals(std::uint64_t count) {
    std::string text = word();
    for (std::uint64_t i = 1; i < count; ++i) {
      text.append("/").append(word());
    }
    return text;
  }
  std::string segment(std::uint64_t position, bool last) {
    switch (random_.below(last ? 7 : 6)) {
      case 0:
        return "*";
      case 1:
        return std::string("{").append(word()).append(std::to_string(position)).append("}");
      case 6:
        return ">";
      default:
        return word();
    }
  }
  runard::core::SeededRandom random_;
};

struct Match {
  std::string ranks;
  std::string pattern;
  auto operator<=>(const Match&) const = default;
};

std::vector<Match> naive_matches(const std::map<std::string, int>& stored, const TopicPath& topic) {
  std::vector<Match> matches;
  for (const auto& [text, value] : stored) {
    const std::size_t colon = text.find(':');
    const Words parts = words(text.substr(colon + 1));
    if (text.substr(0, colon) == topic.network() && naive_match(parts, 0, words(topic.path()), 0)) {
      matches.push_back({ranks(parts), text});
    }
  }
  std::sort(matches.begin(), matches.end());
  return matches;
}

void check_look_up(const RouteTrie<int>& trie, const std::map<std::string, int>& stored,
                   const TopicPath& topic) {
  const std::vector<Match> expected = naive_matches(stored, topic);
  std::vector<Match> found;
  trie.for_each_match(topic, [&](const RouteTrie<int>::Entry& entry, const Captures& captures) {
    found.push_back({ranks(words(entry.pattern.pattern())), entry.pattern.text()});
    CHECK(entry.value == stored.at(entry.pattern.text()));
    const Params params = *entry.pattern.params(topic);
    REQUIRE(params.size() == captures.size());
    for (std::size_t i = 0; i < params.size(); ++i) {
      CHECK(params[i].first == entry.pattern.param_name(i));
      CHECK(params[i].second == captures[i]);
    }
  });
  INFO(topic.text());
  REQUIRE(found.size() == expected.size());
  CHECK(std::equal(found.begin(), found.end(), expected.begin()));
  const auto* best = trie.best(topic);
  REQUIRE((best == nullptr) == expected.empty());
  if (best != nullptr) {
    CHECK(best->pattern.text() == expected.front().pattern);
  }
}

}  // namespace

TEST_CASE("a pattern matches what the plain matcher says, for 10^5 random pairs") {
  Topics topics(11);
  std::size_t matched = 0;
  for (int i = 0; i < 100'000; ++i) {
    const TopicPattern p = pattern(topics.pattern());
    const TopicPath t = path(topics.path());
    const bool expected =
        p.network() == t.network() && naive_match(words(p.pattern()), 0, words(t.path()), 0);
    if (p.matches(t) != expected) {
      FAIL(p.text() << " and " << t.text());
    }
    matched += expected ? 1 : 0;
  }
  CHECK(matched > 5'000);  // the pairs are not all strangers
}

TEST_CASE("overlap and cover agree with what random paths show") {
  Topics topics(12);
  for (int i = 0; i < 20'000; ++i) {
    const TopicPattern a = pattern(topics.pattern());
    const TopicPattern b = pattern(topics.pattern());
    const bool overlap = overlaps(a, b);
    const bool cover = covers(a, b);
    REQUIRE((!cover || overlap));
    REQUIRE(overlap == overlaps(b, a));
    for (int k = 0; k < 10; ++k) {
      const TopicPath t = path(topics.path());
      INFO(a.text() << ", " << b.text() << ", " << t.text());
      if (a.matches(t) && b.matches(t)) {
        REQUIRE(overlap);
      }
      if (b.matches(t) && !a.matches(t)) {
        REQUIRE_FALSE(cover);
      }
    }
  }
}

TEST_CASE("under random inserts, replaces and removes the trie is the plain list of patterns") {
  Topics topics(13);
  RouteTrie<int> trie(99);
  std::map<std::string, int> stored;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = topics.pattern();
    const TopicPattern p = pattern(text);
    const bool there = stored.contains(text);
    switch (stored.size() > 120 ? 2 : topics.below(3)) {
      case 0:
        REQUIRE(trie.insert(p, i).has_value() == !there);
        stored.try_emplace(text, i);
        break;
      case 1:
        REQUIRE(trie.replace(p, i) == there);
        if (there) {
          stored[text] = i;
        }
        break;
      default: {
        const std::string victim = stored.empty() ? text : stored.begin()->first;
        REQUIRE(trie.remove(pattern(victim)) == (stored.erase(victim) == 1));
      }
    }
    REQUIRE(trie.size() == stored.size());
    if (i % 4 == 0) {
      check_look_up(trie, stored, path(topics.path()));
    }
  }
  for (const auto& [text, value] : stored) {
    REQUIRE(trie.remove(pattern(text)));
  }
  CHECK(trie.node_count() == 0);
}

TEST_CASE("copies taken on the way stay what they were, whatever happens afterwards") {
  Topics topics(14);
  RouteTrie<int> trie(5);
  std::map<std::string, int> stored;
  std::vector<std::pair<RouteTrie<int>, std::map<std::string, int>>> copies;
  for (int i = 0; i < 6'000; ++i) {
    const std::string text = topics.pattern();
    if (stored.contains(text)) {
      REQUIRE(trie.remove(pattern(text)));
      stored.erase(text);
    } else {
      REQUIRE(trie.insert(pattern(text), i).has_value());
      stored[text] = i;
    }
    if (i % 500 == 0) {
      copies.emplace_back(trie.share(), stored);
    }
  }
  for (const auto& [copy, content] : copies) {
    for (int i = 0; i < 100; ++i) {
      check_look_up(copy, content, path(topics.path()));
    }
  }
}
