#include "plugin_host/start_order.h"

#include <fmt/format.h>

#include <algorithm>

namespace runard::plugin_host {
namespace {

// Takes away, again and again, what waits for nobody; what is left goes in a circle.
std::set<std::string> entangled(const After& after) {
  std::set<std::string> left;
  for (const auto& [name, wanted] : after) {
    left.insert(name);
  }
  for (bool changed = true; changed;) {
    const auto before = left.size();
    std::erase_if(left, [&](const std::string& name) {
      const auto& wanted = after.at(name);
      return std::none_of(wanted.begin(), wanted.end(),
                          [&](const std::string& other) { return left.contains(other); });
    });
    changed = left.size() != before;
  }
  return left;
}

// Following the first entangled name leads around the circle.
std::string spell_circle(const After& after, const std::set<std::string>& left) {
  std::string text = *left.begin();
  std::string at = text;
  for (std::size_t step = 0; step < left.size(); ++step) {
    const auto& wanted = after.at(at);
    at = *std::find_if(wanted.begin(), wanted.end(),
                       [&](const std::string& name) { return left.contains(name); });
    text += " after " + at;
  }
  return text;
}

}  // namespace

core::Result<void> check_order(const After& after, const std::set<std::string>& known) {
  for (const auto& [name, wanted] : after) {
    for (const std::string& other : wanted) {
      if (!after.contains(other) && !known.contains(other)) {
        return core::fail(core::Errc::kConfigInvalid,
                          fmt::format("{} starts after \"{}\", which does not exist", name, other));
      }
    }
  }
  if (const auto left = entangled(after); !left.empty()) {
    return core::fail(core::Errc::kConfigInvalid,
                      "after goes in a circle: " + spell_circle(after, left));
  }
  return {};
}

}  // namespace runard::plugin_host
