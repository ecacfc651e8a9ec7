#include "config/topic_text.h"

#include "routing/topic_path.h"
#include "routing/topic_pattern.h"

namespace runard::config {
namespace {

constexpr std::string_view kAnyNetwork = "main";

std::optional<Complaint> check_no_network(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    return std::nullopt;
  }
  return Complaint{quoted(text) + " names a network", "write the path only"};
}

}  // namespace

Parsed<std::string> parse_mount(std::string_view text) {
  if (auto complaint = check_no_network(text)) {
    return std::move(*complaint);
  }
  const auto path = routing::TopicPath::parse(text, kAnyNetwork);
  if (!path) {
    return Complaint{path.error().about, "write a path such as math or billing/eu"};
  }
  if (path->is_system()) {
    return Complaint{quoted(text) + " begins with $, which is the system's",
                     "choose a path without the $"};
  }
  if (path->path() == "." || path->path() == "..") {  // a service's data folder is called so
    return Complaint{quoted(text) + " is no mount", "write a path such as math or billing/eu"};
  }
  if (path->path().size() > kMaxMount) {
    return Complaint{quoted(text) + " is too long for a mount", "write at most 255 bytes"};
  }
  return std::string(path->path());
}

Parsed<std::string> parse_service_ref(std::string_view text, std::string_view default_network) {
  const auto path = routing::TopicPath::parse(text, default_network);
  if (!path) {
    return Complaint{path.error().about, "write a service's path, or network:path"};
  }
  return path->text();
}

std::optional<Complaint> check_pattern(std::string_view text) {
  if (auto complaint = check_no_network(text)) {
    return complaint;
  }
  const auto pattern = routing::TopicPattern::parse(text, kAnyNetwork);
  if (!pattern) {
    return Complaint{pattern.error().about,
                     "write * for one segment, > as the last, {name} for a captured one"};
  }
  return std::nullopt;
}

}  // namespace runard::config
