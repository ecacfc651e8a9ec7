// Where a link's requests and replies meet the codec of private fields (rpc/payload_codec.h).
#pragma once

#include "transport/inbound_call.h"
#include "wire/request.h"

namespace runard::transport {

// The payload of a request of the peer's. Errors: those of RequestGate::admit, before anything is
// opened, and of PayloadCodec::open; kPeerCannotOpen when this node has no codec.
core::Result<rpc::Payload> open_request(rpc::PayloadCodec* codec, const LinkCore& core,
                                        const wire::RequestHeader& header,
                                        const rpc::Payload& sealed);
// Writes our request once more, with its payload in full. Errors: those of PayloadCodec::in_full.
core::Result<void> write_in_full(const LinkCore& core, OutboundCall& call);
// The payload of a reply to our request, whose stream began with `sent`.
core::Result<rpc::Payload> open_reply(const LinkCore& core, core::ByteView sent,
                                      const rpc::Payload& sealed);
// What goes out as the reply to `call`. Errors: those of PayloadCodec::seal.
core::Result<rpc::Payload> seal_reply(rpc::PayloadCodec& codec, const NetworkNames& names,
                                      const InboundCall& call, const rpc::Payload& payload);

}  // namespace runard::transport
