// TopicPath: where a service, an action or an event is: "main:users/42/profile".
//
// A value, parsed once, always canonical, so equal paths have equal text. Shape and limits: see
// grammar.h. Errors: kBadTopic. A concrete path holds no wildcard: a request for "math/*" is
// refused when it is parsed and never finds "some" handler.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "routing/escape.h"
#include "routing/segments.h"

namespace runard::routing {

// A canonical path that is borrowed.
struct TopicView {
  std::string_view network;
  std::string_view path;  // without the network
};

class TopicPath {
 public:
  static core::Result<TopicPath> parse(std::string_view text, std::string_view default_network);

  std::string_view network() const { return std::string_view(text_).substr(0, network_size_); }
  std::string_view path() const { return std::string_view(text_).substr(network_size_ + 1); }
  const std::string& text() const { return text_; }           // "network:path"
  operator TopicView() const { return {network(), path()}; }  // NOLINT: it is one
  Segments segments() const { return Segments(path()); }
  // Begins with '$': the system's.
  bool is_system() const { return path().front() == '$'; }

  // The path that one or more segments lead to from here; kBadTopic when `below` is none.
  core::Result<TopicPath> child(std::string_view below) const;
  // None for a path of one segment.
  std::optional<TopicPath> parent() const;
  // Same network, and the first segments are `prefix`'s: "auth/login" starts with "auth",
  // "authentication" does not. A path starts with itself.
  bool starts_with(const TopicPath& prefix) const;

  friend bool operator==(const TopicPath&, const TopicPath&) = default;
  // By network, then by the bytes of the path.
  friend std::strong_ordering operator<=>(const TopicPath& a, const TopicPath& b) {
    const auto order = a.network() <=> b.network();
    return order != 0 ? order : a.path() <=> b.path();
  }

 private:
  TopicPath(std::string text, std::size_t network_size)
      : text_(std::move(text)), network_size_(network_size) {}
  std::string text_;
  std::size_t network_size_;
};

// Looks at a text that is canonical already, without allocation; none when it is not (parse() then
// either gives its canonical form or says what is wrong).
std::optional<TopicView> view_topic(std::string_view text, std::string_view default_network);

}  // namespace runard::routing

template <>
struct std::hash<runard::routing::TopicPath> {
  std::size_t operator()(const runard::routing::TopicPath& path) const noexcept {
    return std::hash<std::string>{}(path.text());
  }
};
