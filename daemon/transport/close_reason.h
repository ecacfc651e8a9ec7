// Why connections end: from QUIC's and TLS's numbers to runard's errors.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include "core/result.h"
#include "wire/codes.h"

namespace runard::transport {

// The peer's CONNECTION_CLOSE.
core::Error peer_close_error(const ngtcp2_ccerr& close);
core::Errc errc_of(wire::CloseCode code);
// A TLS alert that this node raised, right after OpenSSL failed on this thread.
core::Error alert_error(std::uint8_t alert);
// The peer's certificate, refused by this node.
core::Error refusal_error(core::Error why);
// A request whose stream the peer reset.
core::Error reset_error(std::uint64_t reset_code);

}  // namespace runard::transport
