// Where things are when the command line does not say.
#pragma once

namespace runard::ctl {

inline constexpr const char* kDefaultCa = "/etc/runard/ca";
inline constexpr const char* kDefaultState = "/var/lib/runard";

}  // namespace runard::ctl
