// A request of a peer, counted in the memory that all links share until nobody refers to it any
// more: its handler may keep it long after its caller gave up.
#pragma once

#include <memory>

#include "core/buffer.h"
#include "transport/grants.h"

namespace runard::transport {

// The same bytes. They may outlive the endpoint, and be let go of on any thread.
core::Buffer hold_body(std::shared_ptr<SharedMemory> memory, core::Buffer body);

}  // namespace runard::transport
