// The functions that ngtcp2 calls, as plain C functions over Connection.
#pragma once

#include <ngtcp2/ngtcp2.h>

namespace runard::transport {

// `user_data` of the connection must be its Connection.
const ngtcp2_callbacks& connection_callbacks(bool server);

}  // namespace runard::transport
