#include "routing/topic_path.h"

#include <fmt/format.h>

#include "routing/grammar.h"

namespace runard::routing {

core::Result<TopicPath> TopicPath::parse(std::string_view text, std::string_view default_network) {
  auto canonical = canonicalise(text, default_network, Grammar::kPath);
  if (!canonical) {
    return canonical.error();
  }
  return TopicPath(std::move(canonical->text), canonical->network_size);
}

core::Result<TopicPath> TopicPath::child(std::string_view below) const {
  if (below.find_first_not_of('/') == std::string_view::npos) {
    return core::fail(core::Errc::kBadTopic, fmt::format("{}: no segment", quoted(below)),
                      core::Executed::kNo);
  }
  return parse(fmt::format("{}/{}", text_, below), {});
}

std::optional<TopicPath> TopicPath::parent() const {
  const std::size_t slash = text_.rfind('/');
  if (slash == std::string::npos) {
    return std::nullopt;
  }
  return TopicPath(text_.substr(0, slash), network_size_);
}

bool TopicPath::starts_with(const TopicPath& prefix) const {
  return text_.starts_with(prefix.text_) &&
         (text_.size() == prefix.text_.size() || text_[prefix.text_.size()] == '/');
}

std::optional<TopicView> view_topic(std::string_view text, std::string_view default_network) {
  const std::size_t colon = text.find(':');
  const bool named = colon != std::string_view::npos;
  const TopicView view{named ? text.substr(0, colon) : default_network,
                       named ? text.substr(colon + 1) : text};
  SplitPath ignored;  // NOLINT(*-member-init): split() fills it
  if (!is_name(view.network) || !split(view.path, ignored)) {
    return std::nullopt;
  }
  return view;
}

}  // namespace runard::routing
