// links: routing
// Any bytes as paths and patterns: nothing crashes, canonical forms are stable, the trie and the
// patterns agree.
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "routing/route_trie.h"

using namespace runard::routing;

namespace {

void check_path(std::string_view text) {
  const auto parsed = TopicPath::parse(text, "main");
  const auto view = view_topic(text, "main");
  if (!parsed) {
    RUNARD_CHECK(!view.has_value());
    RUNARD_CHECK(is_utf8(parsed.error().about));
    return;
  }
  RUNARD_CHECK(TopicPath::parse(parsed->text(), "")->text() == parsed->text());
  const auto again = view_topic(parsed->text(), "");
  RUNARD_CHECK(again.has_value() && again->path == parsed->path());
  RUNARD_CHECK(!view.has_value() || view->path == parsed->path());
  for (const std::string_view segment : parsed->segments()) {
    const auto value = percent_decode_segment(segment);
    RUNARD_CHECK(value.has_value() && percent_encode_segment(*value) == segment);
  }
  RUNARD_CHECK(TopicPattern::of(*parsed).matches(*parsed));
}

void check_build(const TopicPattern& pattern, std::string_view value) {
  Params params;
  for (std::size_t i = 0; !pattern.param_name(i).empty(); ++i) {
    params.emplace_back(pattern.param_name(i), value);
  }
  const auto built = pattern.build(params);
  if (built) {
    RUNARD_CHECK(*pattern.params(*built) == params);
  }
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    result.push_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return result;
}

void check_trie(const RouteTrie<int>& trie, const std::vector<TopicPattern>& stored,
                const TopicPath& topic) {
  std::size_t expected = 0;
  const TopicPattern* best = nullptr;
  for (const TopicPattern& pattern : stored) {
    if (pattern.matches(topic)) {
      ++expected;
      best = best == nullptr || more_specific(pattern, *best) ? &pattern : best;
    }
  }
  std::size_t found = 0;
  trie.for_each_match(topic, [&](const RouteTrie<int>::Entry& entry, const Captures& captures) {
    RUNARD_CHECK(entry.pattern.matches(topic));
    RUNARD_CHECK(entry.pattern.params(topic)->size() == captures.size());
    ++found;
  });
  RUNARD_CHECK(found == expected);
  const auto* entry = trie.best(topic);
  RUNARD_CHECK((entry == nullptr) == (best == nullptr));
  RUNARD_CHECK(best == nullptr || !more_specific(*best, entry->pattern));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  RouteTrie<int> trie;
  std::vector<TopicPattern> stored;
  for (const std::string_view line : lines(input)) {
    check_path(line);
    static_cast<void>(trie.best({"main", line}));
    const auto pattern = TopicPattern::parse(line, "main");
    if (pattern) {
      RUNARD_CHECK(TopicPattern::parse(pattern->text(), "")->text() == pattern->text());
      check_build(*pattern, line);
      if (trie.insert(*pattern, 0)) {
        stored.push_back(*pattern);
      }
    }
  }
  for (const std::string_view line : lines(input)) {
    const auto topic = TopicPath::parse(line, "main");
    if (topic) {
      check_trie(trie, stored, *topic);
    }
  }
  for (const TopicPattern& pattern : stored) {
    RUNARD_CHECK(trie.remove(pattern));
  }
  RUNARD_CHECK(trie.empty() && trie.node_count() == 0);
  return 0;
}
