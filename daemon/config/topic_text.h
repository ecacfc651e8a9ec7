// Topics as a configuration writes them. The grammar is routing's; what is refused here besides is
// a network where another key names it, and the system's paths.
#pragma once

#include <string>
#include <string_view>

#include "config/quantity.h"

namespace runard::config {

// A service's mount in canonical form.
// At most kMaxMount bytes: events name their publisher by it, on other nodes, too, and so does the
// folder of its data.
inline constexpr std::size_t kMaxMount = 255;
Parsed<std::string> parse_mount(std::string_view text);

// "path" or "network:path", canonical, always with a network.
Parsed<std::string> parse_service_ref(std::string_view text, std::string_view default_network);

std::optional<Complaint> check_pattern(std::string_view text);

}  // namespace runard::config
