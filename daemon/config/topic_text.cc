#include "config/topic_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "config/text_rule.h"

namespace runard::config {
namespace {

constexpr std::size_t kMaxSegments = 32;
constexpr std::size_t kMaxPathBytes = 1024;

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) {
      segments.push_back(path.substr(0, end));
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

bool is_literal(std::string_view segment) {
  return segment.find_first_of(":*>{}") == std::string_view::npos &&
         std::none_of(segment.begin(), segment.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_capture(std::string_view segment) {
  return segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}') &&
         !kName.check(segment.substr(1, segment.size() - 2));
}

std::optional<Complaint> check_size(std::string_view text,
                                    const std::vector<std::string_view>& segments) {
  if (segments.empty()) {
    return Complaint{quoted(text) + " is empty", "write a path such as math or billing/eu"};
  }
  if (segments.size() > kMaxSegments || text.size() > kMaxPathBytes) {
    return Complaint{
        quoted(text) + " is too long",
        fmt::format("write at most {} segments and {} bytes", kMaxSegments, kMaxPathBytes)};
  }
  return std::nullopt;
}

}  // namespace

Parsed<std::string> parse_mount(std::string_view text) {
  const auto segments = segments_of(text);
  if (auto complaint = check_size(text, segments)) {
    return std::move(*complaint);
  }
  if (segments.front().starts_with('$')) {
    return Complaint{quoted(text) + " begins with $, which is the system's",
                     "choose a path without the $"};
  }
  std::string path;
  for (const std::string_view segment : segments) {
    if (!is_literal(segment)) {
      return Complaint{quoted(text) + " is not a topic path",
                       "write segments without : * > { } between slashes"};
    }
    path.append(path.empty() ? "" : "/").append(segment);
  }
  return path;
}

Parsed<std::string> parse_service_ref(std::string_view text, std::string_view default_network) {
  const std::size_t colon = text.find(':');
  const std::string_view network =
      colon == std::string_view::npos ? default_network : text.substr(0, colon);
  auto path = parse_mount(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!path || (colon != std::string_view::npos && kName.check(network))) {
    return Complaint{quoted(text) + " does not name a service", "write its path, or network:path"};
  }
  return std::string(network) + ":" + *path;
}

std::optional<Complaint> check_pattern(std::string_view text) {
  const auto segments = segments_of(text);
  if (auto complaint = check_size(text, segments)) {
    return complaint;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool is_last = i + 1 == segments.size();
    const bool fits = segments[i] == "*" || (segments[i] == ">" && is_last) ||
                      is_capture(segments[i]) || is_literal(segments[i]);
    if (!fits) {
      return Complaint{quoted(text) + " is not a topic pattern",
                       "write * for one segment, > as the last, {name} for a captured one"};
    }
  }
  return std::nullopt;
}

}  // namespace runard::config
