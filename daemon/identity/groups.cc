#include "identity/groups.h"

#include "identity/name.h"
#include "identity/text_list.h"

namespace runard::identity {
namespace {

constexpr TextList kList{"groups", kMaxGroups, checked_groups};

core::Result<void> check_group(const std::string& name) {
  return check_name(name, "group");
}

}  // namespace

core::Result<std::vector<std::string>> checked_groups(std::vector<std::string> groups) {
  return checked_list(std::move(groups), kList, check_group);
}

core::Bytes encode_groups(const std::vector<std::string>& groups) {
  return encode_list(groups);
}

core::Result<std::vector<std::string>> parse_groups(core::ByteView der) {
  return parse_list(der, kList);
}

}  // namespace runard::identity
