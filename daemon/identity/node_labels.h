// Node labels: what the operator says of a node in its certificate, as KEY=VALUE: "region=eu",
// "rack=7". Rules of authorization name them (daemon/policy). They have nothing to do with the
// labels of encrypted fields (daemon/sealing).
//
// Key and value are names (name.h), and a node has one value for a key. In the certificate as
// text_list.h says. As names they are seen by whoever dials the node.
// Errors: kCertificateBadGroups. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace runard::identity {

// Beside the networks' .1 (profile.h) and the groups' .2 (groups.h).
inline constexpr std::string_view kNodeLabelsOid = "2.25.57836357743514407586802384919422898689.3";
inline constexpr std::size_t kMaxNodeLabels = 32;

// Whether it is KEY=VALUE of two names.
bool valid_node_label(std::string_view text);
// kInvalidArgument for more than kMaxNodeLabels, for one that is none, or for two values of a key.
// Sorted, no doubles.
core::Result<std::vector<std::string>> checked_node_labels(std::vector<std::string> labels);

core::Bytes encode_node_labels(const std::vector<std::string>& labels);  // of checked ones
core::Result<std::vector<std::string>> parse_node_labels(core::ByteView der);

}  // namespace runard::identity
