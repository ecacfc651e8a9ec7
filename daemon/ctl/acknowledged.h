// What nodes have and show, which a CA's next step needs: read from what `runarctl -o json status`
// printed on a node, which tells of itself and of each peer that it is linked to.
#pragma once

#include <string_view>

#include "core/result.h"
#include "identity/old_root.h"

namespace runard::ctl {

// kConflict, with names, when somebody linked there has an older generation; kInvalidArgument for
// what is no such status.
core::Result<void> all_acknowledge(std::string_view status, std::uint64_t generation);

// The certificates of the node and of whoever is linked to it. kInvalidArgument.
core::Result<identity::ShownCertificates> certificates_shown(std::string_view status);

}  // namespace runard::ctl
