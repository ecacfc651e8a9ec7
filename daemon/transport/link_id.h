// LinkId: names one link of an endpoint, never another one later. 0: none.
#pragma once

#include <cstdint>

namespace runard::transport {

using LinkId = std::uint64_t;

}  // namespace runard::transport
