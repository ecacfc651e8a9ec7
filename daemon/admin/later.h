// Later: how the benches wait. Any thread may ask; the task runs on the strand, never inside.
#pragma once

#include <functional>

#include "core/clock.h"
#include "core/function.h"

namespace runard::admin {

using Later = std::function<void(core::Duration, core::Task)>;

}  // namespace runard::admin
