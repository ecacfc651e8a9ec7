// Text of others - peers, plugins, files - as it may be shown to people or written as JSON.
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace runard::ctl {

// What a terminal would obey (U+0000-1F, U+007F-9F), and each byte that is no UTF-8, as '?'.
std::string printable(std::string_view text);

// Each byte that is no UTF-8 as U+FFFD.
std::string well_formed(std::string_view text);

}  // namespace runard::ctl
