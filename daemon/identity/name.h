// Names that people give to nodes, networks and meshes: 1 to 63 of [A-Za-z0-9._-], beginning with a
// letter or digit. Safe in a log, a file name, a certificate and a topic path. Never an identity.
#pragma once

#include <string_view>

#include "core/result.h"

namespace runard::identity {

inline constexpr std::size_t kMaxName = 63;

bool valid_name(std::string_view name);
// kInvalidArgument; `whose` is a network, a node or what else is to have it.
core::Result<void> check_name(std::string_view name, std::string_view whose);

}  // namespace runard::identity
