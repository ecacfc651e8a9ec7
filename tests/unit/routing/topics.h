// Short ways to write topics in tests; the network is "main" unless the text names one.
#pragma once

#include <string_view>

#include "core/check.h"
#include "routing/topic_path.h"
#include "routing/topic_pattern.h"

inline runard::routing::TopicPath path(std::string_view text) {
  auto parsed = runard::routing::TopicPath::parse(text, "main");
  RUNARD_CHECK(parsed.has_value());
  return *parsed;
}

inline runard::routing::TopicPattern pattern(std::string_view text) {
  auto parsed = runard::routing::TopicPattern::parse(text, "main");
  RUNARD_CHECK(parsed.has_value());
  return *parsed;
}

inline bool is_path(std::string_view text) {
  return runard::routing::TopicPath::parse(text, "main").has_value();
}

inline bool is_pattern(std::string_view text) {
  return runard::routing::TopicPattern::parse(text, "main").has_value();
}
