// A time as people and programs read it: RFC 3339, UTC, whole seconds: "2025-06-15T12:00:00Z".
#pragma once

#include <string>

#include "core/clock.h"

namespace runard::identity {

std::string time_text(core::WallTime time);

}  // namespace runard::identity
