#include "identity/node_labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/name.h"
#include "identity/text_list.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

std::string_view key_of(std::string_view label) {
  return label.substr(0, label.find('='));
}

}  // namespace

bool valid_node_label(std::string_view text) {
  const std::size_t at = text.find('=');
  return at != std::string_view::npos && valid_name(text.substr(0, at)) &&
         valid_name(text.substr(at + 1));
}

core::Result<std::vector<std::string>> checked_node_labels(std::vector<std::string> labels) {
  std::ranges::sort(labels);
  const auto doubles = std::ranges::unique(labels);
  labels.erase(doubles.begin(), doubles.end());
  if (labels.size() > kMaxNodeLabels) {
    return fail(Errc::kInvalidArgument,
                fmt::format("a node has at most {} labels", kMaxNodeLabels));
  }
  for (const std::string& label : labels) {
    if (!valid_node_label(label)) {
      return fail(Errc::kInvalidArgument,
                  fmt::format("\"{}\" is not a node label: write KEY=VALUE, each 1 to {} of A-Z "
                              "a-z 0-9 . _ -, beginning with a letter or digit",
                              label, kMaxName));
    }
  }
  // Values of one key are neighbours: whatever stands between them begins with "KEY=", too.
  const auto again = std::ranges::adjacent_find(labels, {}, key_of);
  if (again != labels.end()) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the node label \"{}\" has two values: give it one", key_of(*again)));
  }
  return labels;
}

core::Bytes encode_node_labels(const std::vector<std::string>& labels) {
  return encode_list(labels);
}

core::Result<std::vector<std::string>> parse_node_labels(core::ByteView der) {
  return parse_list(der, {"node labels", kMaxNodeLabels, checked_node_labels});
}

}  // namespace runard::identity
