// TopicPath: the address of a service, action or event, or a pattern of such addresses.
//
//   [network:]segment/segment/...     "math/add", "main:users/{user_id}/profile", "logs/>"
// `*` stands for one segment, `>` (only last) for one or more, {name} for one that is captured. At
// most 32 segments and 1024 bytes of UTF-8; doubled and outer slashes are dropped; a network or
// {name} is 1 to 64 of A-Z a-z 0-9 _ . -; / : * > { } % and control characters inside a segment are
// written as %XX. The same rules as the daemon's. A value type; equal paths are equal.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <runar/cbor/utf8.hpp>
#include <runar/detail/percent.hpp>
#include <runar/error.hpp>

namespace runar {

// Makes any text fit to be one segment: "a/b" becomes "a%2Fb".
inline std::string percent_encode(std::string_view value) {
  return detail::percent_encode(value);
}

class TopicPath {
 public:
  using Params = std::map<std::string, std::string, std::less<>>;
  static constexpr std::size_t kMaxSegments = 32;
  static constexpr std::size_t kMaxBytes = 1024;
  static constexpr std::size_t kMaxNameBytes = 64;

  // Throws Error(RUNAR_E_INVALID) that says what is wrong.
  TopicPath(std::string_view text, std::string_view default_network) {
    if (const std::string why = assign(text, default_network); !why.empty()) {
      throw Error(RUNAR_E_INVALID, "\"" + std::string(text) + "\": " + why, Executed::kNo);
    }
  }
  // The same without exceptions; `why` tells the reason.
  static std::optional<TopicPath> parse(std::string_view text, std::string_view default_network,
                                        std::string* why = nullptr) {
    TopicPath made;
    std::string problem = made.assign(text, default_network);
    const bool good = problem.empty();
    if (why != nullptr) {
      *why = std::move(problem);
    }
    return good ? std::optional<TopicPath>(std::move(made)) : std::nullopt;
  }

  const std::string& network() const { return network_; }
  std::string path() const;  // "users/42/profile"
  std::string text() const { return network_ + ":" + path(); }
  const std::vector<std::string>& segments() const { return segments_; }
  // Has wildcards or {names}: stands for many paths.
  bool is_pattern() const {
    return std::any_of(segments_.begin(), segments_.end(),
                       [](const std::string& segment) { return kind(segment) != 'a'; });
  }

  // Whether this pattern (or path) matches that path, of the same network. Patterns match nothing
  // but themselves when they stand on the right.
  bool matches(const TopicPath& path) const;
  // What the {names} stand for in `path`, unescaped; nothing when it does not match.
  std::optional<Params> params(const TopicPath& path) const;
  // The same for a text, whose network is this one's unless it names another; throws
  // Error(RUNAR_E_INVALID) when it does not match.
  Params extract_parameters(std::string_view path) const {
    auto found = params(TopicPath(path, network_));
    if (!found) {
      throw Error(RUNAR_E_INVALID, std::string(path) + " does not match " + text(), Executed::kNo);
    }
    return std::move(*found);
  }

  friend bool operator==(const TopicPath&, const TopicPath&) = default;

 private:
  TopicPath() = default;
  std::string assign(std::string_view text, std::string_view default_network);
  const char* add(std::string_view segment);
  const char* add_name(std::string_view segment);
  // 'a' literal, '{' '*' '>': the first byte of a canonical segment tells.
  static char kind(std::string_view segment) {
    const char first = segment.front();
    return first == '{' || first == '*' || first == '>' ? first : 'a';
  }
  static bool is_name(std::string_view text);

  std::string network_;
  std::vector<std::string> segments_;
};

inline bool TopicPath::is_name(std::string_view text) {
  constexpr std::string_view kFirst =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !text.empty() && text.size() <= kMaxNameBytes &&
         text.find_first_not_of(kFirst) == std::string_view::npos;
}

inline std::string TopicPath::assign(std::string_view text, std::string_view default_network) {
  const std::size_t colon = text.find(':');
  network_ = colon == std::string_view::npos ? default_network : text.substr(0, colon);
  text.remove_prefix(colon == std::string_view::npos ? 0 : colon + 1);
  if (!is_name(network_)) {
    return "a network's name is 1 to 64 of A-Z a-z 0-9 _ . -";
  }
  if (text.size() > kMaxBytes) {
    return "longer than 1024 bytes";
  }
  if (!cbor::is_utf8(text)) {
    return "not UTF-8";
  }
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('/'), text.size());
    if (size > 0) {
      if (const char* wrong = add(text.substr(0, size))) {
        return wrong;
      }
    }
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return segments_.empty() ? "no segment" : "";
}

inline const char* TopicPath::add(std::string_view segment) {
  if (segments_.size() == kMaxSegments) {
    return "more than 32 segments";
  }
  if (!segments_.empty() && segments_.back() == ">") {
    return "'>' stands for all further segments, so it can only be the last";
  }
  if (segment == "*" || segment == ">") {
    segments_.emplace_back(segment);
    return nullptr;
  }
  if (segment.front() == '{') {
    return add_name(segment);
  }
  std::string value;
  if (segment.find_first_of(":*>{}") != std::string_view::npos) {
    return "'*', '>' and {name} stand for whole segments; elsewhere escape them as %XX";
  }
  if (detail::has_control(segment)) {
    return "a control character";
  }
  if (!detail::percent_decode(segment, value) || value.empty() || !cbor::is_utf8(value)) {
    return "'%' begins an escape: two hex digits, together UTF-8; write %25 for itself";
  }
  segments_.push_back(detail::percent_encode(value));
  return nullptr;
}

inline const char* TopicPath::add_name(std::string_view segment) {
  if (segment.back() != '}' || !is_name(segment.substr(1, segment.size() - 2))) {
    return "a {name} is a whole segment, its name 1 to 64 of A-Z a-z 0-9 _ . -";
  }
  if (std::find(segments_.begin(), segments_.end(), segment) != segments_.end()) {
    return "a {name} occurs twice";
  }
  segments_.emplace_back(segment);
  return nullptr;
}

inline std::string TopicPath::path() const {
  std::string joined;
  for (const std::string& segment : segments_) {
    joined += joined.empty() ? "" : "/";
    joined += segment;
  }
  return joined;
}

inline bool TopicPath::matches(const TopicPath& path) const {
  if (*this == path) {
    return true;
  }
  if (network_ != path.network_ || path.is_pattern()) {
    return false;
  }
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (i == path.segments_.size()) {
      return false;
    }
    const char what = kind(segments_[i]);
    if (what == '>') {
      return true;
    }
    if (what == 'a' && segments_[i] != path.segments_[i]) {
      return false;
    }
  }
  return segments_.size() == path.segments_.size();
}

inline std::optional<TopicPath::Params> TopicPath::params(const TopicPath& path) const {
  if (path.is_pattern() || !matches(path)) {
    return std::nullopt;
  }
  Params found;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const std::string& segment = segments_[i];
    if (kind(segment) == '{') {
      std::string value;
      detail::percent_decode(path.segments_[i], value);
      found.emplace(segment.substr(1, segment.size() - 2), std::move(value));
    }
  }
  return found;
}

}  // namespace runar
