// TopicPattern: a set of topic paths: "users/{id}/profile", "math/*", "logs/>".
//
// '*' and {name} stand for exactly one segment, {name} gives it a name, '>' stands for one or more
// and is the last. There is one rule of matching, and the route trie follows it too; nothing
// matches across networks. A value, canonical like TopicPath. Shape and limits: grammar.h. Errors:
// kBadPattern.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "routing/topic_path.h"

namespace runard::routing {

// In order of precedence: the first is the most specific.
enum class SegmentKind : std::uint8_t { kLiteral, kParam, kOne, kRest };  // a  {a}  *  >

// The kind of a segment of a canonical pattern: the first byte tells.
SegmentKind kind_of(std::string_view segment);

// Names with their values, unescaped, in the order of the pattern.
using Params = std::vector<std::pair<std::string, std::string>>;

class TopicPattern {
 public:
  static core::Result<TopicPattern> parse(std::string_view text, std::string_view default_network);
  // The pattern of an action below its service's mount; "" is the mount itself.
  static core::Result<TopicPattern> parse_below(const TopicPath& mount, std::string_view text);
  // The pattern that matches just this path.
  static TopicPattern of(const TopicPath& path);

  std::string_view network() const { return std::string_view(text_).substr(0, network_size_); }
  std::string_view pattern() const { return std::string_view(text_).substr(network_size_ + 1); }
  const std::string& text() const { return text_; }  // "network:pattern"
  Segments segments() const { return Segments(pattern()); }
  bool is_system() const { return pattern().front() == '$'; }
  // No wildcard and no {name}: it matches one path.
  bool is_literal() const { return is_literal_; }

  bool matches(const TopicPath& path) const {
    return path.network() == network() && matches_path(path.path());
  }
  // For a canonical path of the same network.
  bool matches_path(std::string_view path) const;

  // The name of the n-th {name}, as RouteTrie's captures count them; empty when there are fewer.
  std::string_view param_name(std::size_t n) const;
  // kBadTopic when the path does not match.
  core::Result<Params> params(const TopicPath& path) const;
  // The same for a text such as "users/123/profile"; its network is this one's unless it says so.
  core::Result<Params> params(std::string_view text) const;
  // Fills in each {name}; values are escaped, so params(*build(p)) gives p back. kMissingParam for
  // a name without a value; kInvalidArgument for a name that the pattern has not, twice, or whose
  // value is empty or not UTF-8; kBadPattern when there is a '*' or '>'; kReservedPath when a value
  // would make it a '$' path.
  core::Result<TopicPath> build(const Params& params) const;

  friend bool operator==(const TopicPattern&, const TopicPattern&) = default;
  friend std::strong_ordering operator<=>(const TopicPattern& a, const TopicPattern& b) {
    const auto order = a.network() <=> b.network();
    return order != 0 ? order : a.pattern() <=> b.pattern();
  }

 private:
  TopicPattern(std::string text, std::size_t network_size);
  std::string text_;
  std::size_t network_size_;
  bool is_literal_;
};

// Whether `a` goes before `b`: at the first segment, from the left, whose kinds differ, a's is the
// more specific. Of two patterns with the same kinds neither does.
bool more_specific(const TopicPattern& a, const TopicPattern& b);

// Whether some path matches both.
bool overlaps(const TopicPattern& a, const TopicPattern& b);

// Whether every path that matches `b` matches `a`: a subscription to `b` sees nothing that a right
// to `a` would not allow.
bool covers(const TopicPattern& a, const TopicPattern& b);

}  // namespace runard::routing

template <>
struct std::hash<runard::routing::TopicPattern> {
  std::size_t operator()(const runard::routing::TopicPattern& pattern) const noexcept {
    return std::hash<std::string>{}(pattern.text());
  }
};
