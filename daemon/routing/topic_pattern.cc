#include "routing/topic_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "routing/grammar.h"

namespace runard::routing {
namespace {

using core::Errc;
using core::Executed;

std::string_view name_of(std::string_view segment) {
  return segment.substr(1, segment.size() - 2);
}

core::Error refused(Errc code, const TopicPattern& pattern, std::string_view why) {
  return core::fail(code, fmt::format("{}: {}", quoted(pattern.text()), why), Executed::kNo);
}

// Null, or what is wrong with the parameters that shall fill the pattern.
const char* wrong_with(const TopicPattern& pattern, const Params& params) {
  if (params.size() > kMaxSegments) {
    return "more than 32 parameters are given";
  }
  for (const auto& [name, value] : params) {
    const auto same = [&](const auto& other) { return other.first == name; };
    if (std::count_if(params.begin(), params.end(), same) > 1) {
      return "a parameter is given twice";
    }
    if (!is_name(name) ||
        pattern.pattern().find(fmt::format("{{{}}}", name)) == std::string_view::npos) {
      return "a parameter is given that the pattern has not";
    }
    if (value.empty() || !is_utf8(value)) {
      return "a parameter's value is empty or not UTF-8";
    }
  }
  return nullptr;
}

const std::string* value_of(const Params& params, std::string_view name) {
  const auto given = std::find_if(params.begin(), params.end(),
                                  [&](const auto& param) { return param.first == name; });
  return given == params.end() ? nullptr : &given->second;
}

}  // namespace

SegmentKind kind_of(std::string_view segment) {
  switch (segment.front()) {
    case '{':
      return SegmentKind::kParam;
    case '*':
      return SegmentKind::kOne;
    case '>':
      return SegmentKind::kRest;
    default:
      return SegmentKind::kLiteral;
  }
}

TopicPattern::TopicPattern(std::string text, std::size_t network_size)
    : text_(std::move(text)),
      network_size_(network_size),
      is_literal_(text_.find_first_of("*>{") == std::string::npos) {}

core::Result<TopicPattern> TopicPattern::parse(std::string_view text,
                                               std::string_view default_network) {
  auto canonical = canonicalise(text, default_network, Grammar::kPattern);
  if (!canonical) {
    return canonical.error();
  }
  return TopicPattern(std::move(canonical->text), canonical->network_size);
}

core::Result<TopicPattern> TopicPattern::parse_below(const TopicPath& mount,
                                                     std::string_view text) {
  return parse(fmt::format("{}/{}", mount.text(), text), {});
}

TopicPattern TopicPattern::of(const TopicPath& path) {
  return TopicPattern(path.text(), path.network().size());
}

bool TopicPattern::matches_path(std::string_view path) const {
  const Segments pieces(path);
  auto piece = pieces.begin();
  for (const std::string_view segment : segments()) {
    if (piece == pieces.end()) {
      return false;
    }
    const SegmentKind kind = kind_of(segment);
    if (kind == SegmentKind::kRest) {
      return true;
    }
    if (kind == SegmentKind::kLiteral && segment != *piece) {
      return false;
    }
    ++piece;
  }
  return piece == pieces.end();
}

std::string_view TopicPattern::param_name(std::size_t n) const {
  for (const std::string_view segment : segments()) {
    if (kind_of(segment) == SegmentKind::kParam && n-- == 0) {
      return name_of(segment);
    }
  }
  return {};
}

core::Result<Params> TopicPattern::params(const TopicPath& path) const {
  if (!matches(path)) {
    return refused(Errc::kBadTopic, *this, fmt::format("{} does not match it", path.text()));
  }
  Params params;
  auto piece = path.segments().begin();
  for (const std::string_view segment : segments()) {
    if (kind_of(segment) == SegmentKind::kParam) {
      auto value = percent_decode_segment(*piece);
      if (!value) {
        return value.error();
      }
      params.emplace_back(name_of(segment), std::move(*value));
    }
    ++piece;
  }
  return params;
}

core::Result<Params> TopicPattern::params(std::string_view text) const {
  const auto path = TopicPath::parse(text, network());
  if (!path) {
    return path.error();
  }
  return params(*path);
}

core::Result<TopicPath> TopicPattern::build(const Params& params) const {
  if (const char* wrong = wrong_with(*this, params)) {
    return refused(Errc::kInvalidArgument, *this, wrong);
  }
  std::string text(network());
  char separator = ':';
  for (const std::string_view segment : segments()) {
    text += std::exchange(separator, '/');
    const SegmentKind kind = kind_of(segment);
    if (kind == SegmentKind::kLiteral) {
      text += segment;
      continue;
    }
    if (kind != SegmentKind::kParam) {
      return refused(Errc::kBadPattern, *this, "a wildcard can't be filled in");
    }
    const std::string* value = value_of(params, name_of(segment));
    if (value == nullptr) {
      return refused(Errc::kMissingParam, *this, fmt::format("{} has no value", segment));
    }
    text += percent_encode_segment(*value);
  }
  auto path = TopicPath::parse(text, {});
  if (path && path->is_system() && !is_system()) {
    return refused(Errc::kReservedPath, *this, "a value begins with '$' and would be its service");
  }
  return path;
}

bool more_specific(const TopicPattern& a, const TopicPattern& b) {
  const Segments left = a.segments();
  const Segments right = b.segments();
  auto of_a = left.begin();
  auto of_b = right.begin();
  for (; of_a != left.end() && of_b != right.end(); ++of_a, ++of_b) {
    if (kind_of(*of_a) != kind_of(*of_b)) {
      return kind_of(*of_a) < kind_of(*of_b);
    }
  }
  return of_a != left.end();  // no path matches both; the longer first, to have an order
}

bool overlaps(const TopicPattern& a, const TopicPattern& b) {
  if (a.network() != b.network()) {
    return false;
  }
  const Segments left = a.segments();
  const Segments right = b.segments();
  auto of_a = left.begin();
  auto of_b = right.begin();
  for (; of_a != left.end() && of_b != right.end(); ++of_a, ++of_b) {
    const SegmentKind kind_a = kind_of(*of_a);
    const SegmentKind kind_b = kind_of(*of_b);
    if (kind_a == SegmentKind::kRest || kind_b == SegmentKind::kRest) {
      return true;
    }
    if (kind_a == SegmentKind::kLiteral && kind_b == SegmentKind::kLiteral && *of_a != *of_b) {
      return false;
    }
  }
  return of_a == left.end() && of_b == right.end();
}

bool covers(const TopicPattern& a, const TopicPattern& b) {
  if (a.network() != b.network()) {
    return false;
  }
  const Segments left = a.segments();
  const Segments right = b.segments();
  auto of_a = left.begin();
  auto of_b = right.begin();
  for (; of_a != left.end() && of_b != right.end(); ++of_a, ++of_b) {
    const SegmentKind kind_a = kind_of(*of_a);
    if (kind_a == SegmentKind::kRest) {
      return true;
    }
    if (kind_of(*of_b) == SegmentKind::kRest ||
        (kind_a == SegmentKind::kLiteral && *of_a != *of_b)) {
      return false;
    }
  }
  return of_a == left.end() && of_b == right.end();
}

}  // namespace runard::routing
