// How long a certificate lives, as people write it: a whole number and a unit, s m h d w or y:
// "90d". A year is 365 days.
#pragma once

#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace runard::ctl {

// Errors: kUsage, also for 0 and for more than identity::kMaxLifetime.
core::Result<core::Duration> parse_lifetime(std::string_view text);

}  // namespace runard::ctl
