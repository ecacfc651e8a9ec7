// Groups: what a certificate says its node belongs to besides networks: "web", "backup". Rules of
// authorization name them (daemon/policy).
//
// In the certificate as text_list.h says. As names they are seen by whoever dials the node.
// Errors: kCertificateBadGroups. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace runard::identity {

// Beside the networks' .1 (profile.h).
inline constexpr std::string_view kGroupsOid = "2.25.57836357743514407586802384919422898689.2";
inline constexpr std::size_t kMaxGroups = 32;

// kInvalidArgument for more than kMaxGroups or a name that is none (name.h). Sorted, no doubles.
core::Result<std::vector<std::string>> checked_groups(std::vector<std::string> groups);

core::Bytes encode_groups(const std::vector<std::string>& groups);  // of checked ones
core::Result<std::vector<std::string>> parse_groups(core::ByteView der);

}  // namespace runard::identity
