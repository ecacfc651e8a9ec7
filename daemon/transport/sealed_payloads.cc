#include "transport/sealed_payloads.h"

namespace runard::transport {

using core::Errc;
using rpc::PayloadPlace;

namespace {

core::Error no_codec() {
  return core::fail(Errc::kPeerCannotOpen, "this node knows no private fields",
                    core::Executed::kNo);
}

PayloadPlace place_of(PayloadPlace::Kind kind, const NetworkNames& names,
                      const wire::RequestHeader& header, const core::NodeId& peer) {
  return {kind, names.name(header.network), header.path, header.trace, peer, header.profile, true};
}

}  // namespace

core::Result<rpc::Payload> open_request(rpc::PayloadCodec* codec, const LinkCore& core,
                                        const wire::RequestHeader& header,
                                        const rpc::Payload& sealed) {
  const PayloadPlace place =
      place_of(PayloadPlace::Kind::kRequest, core.context.names, header, core.peer);
  if (core.context.gate != nullptr) {
    if (const auto may = core.context.gate->admit(core.peer, place.network, place.path); !may) {
      return may.error();
    }
  }
  return codec == nullptr ? no_codec() : codec->open(place, sealed);
}

core::Result<void> write_in_full(const LinkCore& core, OutboundCall& call) {
  const core::Bytes sent = std::exchange(call.head, {});
  const core::ByteView frame = core::ByteView(sent).subspan(1);  // after the stream's type
  const auto parts = wire::split_message(frame.subspan(wire::get_frame_head(frame).size));
  wire::MetaList meta;
  auto header = parts ? wire::get_request(parts->header, meta)
                      : core::Result<wire::RequestHeader>(parts.error());
  if (!header) {
    return header.error();
  }
  const rpc::Payload kept = std::exchange(call.payload, {});
  rpc::Payload sealed = kept;
  if (kept.bytes.empty()) {
    sealed.bytes = parts->payload;
  }
  sealed.type = header->type;
  auto full = header->encoding == rpc::Encoding::kSealed
                  ? core.context.codec->in_full(core.peer, sealed)
                  : core::fail(Errc::kKekUnknown, "the request is not sealed", core::Executed::kNo);
  if (!full) {
    return full.error();
  }
  header->remaining_us = wire::remaining_us(call.deadline, core.now);
  return call.write(*header, meta.view(), *full);
}

core::Result<rpc::Payload> open_reply(const LinkCore& core, core::ByteView sent,
                                      const rpc::Payload& sealed) {
  const core::ByteView frame = sent.subspan(1);  // after the stream's type
  const wire::FrameHead head = wire::get_frame_head(frame);
  const auto parts = wire::split_message(frame.subspan(head.size));
  if (core.context.codec == nullptr || !parts) {
    return no_codec();
  }
  wire::MetaList meta;
  const auto header = wire::get_request(parts->header, meta);
  if (!header) {
    return header.error();
  }
  return core.context.codec->open(
      place_of(PayloadPlace::Kind::kReply, core.context.names, *header, core.peer), sealed);
}

core::Result<rpc::Payload> seal_reply(rpc::PayloadCodec& codec, const NetworkNames& names,
                                      const InboundCall& call, const rpc::Payload& payload) {
  const auto parts = wire::split_message(call.request_body());
  if (!parts) {
    return parts.error();
  }
  wire::MetaList meta;
  const auto header = wire::get_request(parts->header, meta);
  if (!header) {
    return header.error();
  }
  PayloadPlace place = place_of(PayloadPlace::Kind::kReply, names, *header, call.peer);
  place.peer_opens = call.peer_opens;
  return codec.seal(place, payload);
}

}  // namespace runard::transport
