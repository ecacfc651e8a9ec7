// Which of a peer's rows are taken. A peer may be newer, broken or hostile: a row that this node
// could not have made itself is left out.
#pragma once

#include <string_view>

#include "wire/sync.h"

namespace runard::mesh {

// A canonical path that is not the system's, and patterns below it that can be. System events stay
// on their node, so no subscription to them is another node's.
bool acceptable(const wire::ServiceEntry& entry, std::string_view network);
bool acceptable(const wire::SubscriptionEntry& entry, std::string_view network);

}  // namespace runard::mesh
