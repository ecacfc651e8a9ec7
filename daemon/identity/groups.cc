#include "identity/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/name.h"
#include "identity/text_list.h"

namespace runard::identity {

core::Result<std::vector<std::string>> checked_groups(std::vector<std::string> groups) {
  std::ranges::sort(groups);
  const auto doubles = std::ranges::unique(groups);
  groups.erase(doubles.begin(), doubles.end());
  if (groups.size() > kMaxGroups) {
    return core::fail(core::Errc::kInvalidArgument,
                      fmt::format("a node is in at most {} groups", kMaxGroups));
  }
  for (const std::string& name : groups) {
    if (auto good = check_name(name, "group"); !good) {
      return good.error();
    }
  }
  return groups;
}

core::Bytes encode_groups(const std::vector<std::string>& groups) {
  return encode_list(groups);
}

core::Result<std::vector<std::string>> parse_groups(core::ByteView der) {
  return parse_list(der, {"groups", kMaxGroups, checked_groups});
}

}  // namespace runard::identity
