#include "identity/node_labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/name.h"
#include "identity/text_list.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

constexpr TextList kList{"node labels", kMaxNodeLabels, checked_node_labels};

core::Result<void> check_label(const std::string& label) {
  return valid_node_label(label)
             ? core::Result<void>()
             : fail(Errc::kInvalidArgument,
                    fmt::format("\"{}\" is not a node label: write KEY=VALUE, each 1 to {} of A-Z "
                                "a-z 0-9 . _ -, beginning with a letter or digit",
                                label, kMaxName));
}

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
  auto checked = checked_list(std::move(labels), kList, check_label);
  if (!checked) {
    return checked;
  }
  // Values of one key are neighbours: whatever stands between them begins with "KEY=", too.
  const auto again = std::ranges::adjacent_find(*checked, {}, key_of);
  if (again != checked->end()) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the node label \"{}\" has two values: give it one", key_of(*again)));
  }
  return checked;
}

core::Bytes encode_node_labels(const std::vector<std::string>& labels) {
  return encode_list(labels);
}

core::Result<std::vector<std::string>> parse_node_labels(core::ByteView der) {
  return parse_list(der, kList);
}

}  // namespace runard::identity
