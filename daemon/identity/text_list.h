// TextList: names that a certificate lists in an extension of its own: groups (groups.h) and node
// labels (node_labels.h).
//
// In the certificate: SEQUENCE OF UTF8String in DER, ascending by bytes and without doubles; an
// empty list has no extension. A list in any other form is refused: nothing can hide in it.
// Errors: kCertificateBadGroups. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace runard::identity {

struct TextList {
  std::string_view what;  // "groups"
  std::size_t most = 0;
  // Of what the CA is to grant: sorted, without doubles; its errors are not shown.
  core::Result<std::vector<std::string>> (*checked)(std::vector<std::string> texts) = nullptr;
};

// Sorted, without doubles. kInvalidArgument for more than `most` of them, or check()'s error.
core::Result<std::vector<std::string>> checked_list(
    std::vector<std::string> texts, const TextList& list,
    core::Result<void> (*check)(const std::string&));

core::Bytes encode_list(const std::vector<std::string>& texts);  // of checked ones
core::Result<std::vector<std::string>> parse_list(core::ByteView der, const TextList& list);

}  // namespace runard::identity
