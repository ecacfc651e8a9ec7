// Topics as a configuration writes them; the grammar is DESIGN section 4.
#pragma once

#include <string>
#include <string_view>

#include "config/quantity.h"

namespace runard::config {

// A service's mount in canonical form: no doubled or outer slashes.
Parsed<std::string> parse_mount(std::string_view text);

// "path" or "network:path", canonical, always with a network.
Parsed<std::string> parse_service_ref(std::string_view text, std::string_view default_network);

std::optional<Complaint> check_pattern(std::string_view text);

}  // namespace runard::config
