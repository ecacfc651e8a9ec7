#include "transport/remote_node.h"

#include "wire/request.h"

namespace runard::transport {

using core::Errc;
using core::Executed;

namespace {

core::Error refusal(Errc code, std::string_view about) {
  return core::fail(code, std::string(about), Executed::kNo);
}

}  // namespace

std::vector<std::shared_ptr<LaneOutbox>> RemoteNode::make_lanes(LinkId link, const Limits& limits) {
  std::vector<std::shared_ptr<LaneOutbox>> lanes;
  for (std::uint64_t number = 0; number < limits.lane_streams; ++number) {
    lanes.push_back(std::make_shared<LaneOutbox>(link, number, limits.lane_bytes));
  }
  return lanes;
}

RemoteNode::RemoteNode(Shared shared, LinkId link, const core::NodeId& node,
                       std::shared_ptr<LinkPort> port)
    : shared_(std::move(shared)),
      link_(link),
      node_(node),
      port_(std::move(port)),
      lanes_(make_lanes(link, shared_.exchange->limits())) {}

rpc::Ticket RemoteNode::call(const rpc::Request& request, const rpc::Responder& responder) {
  auto& table = shared_.exchange->ours();
  const auto opened = table.open();
  if (opened.value == nullptr) {
    responder(rpc::Reply::failure(refusal(Errc::kOverloaded, "requests in progress")));
    return 0;
  }
  OutboundCall& call = *opened.value;
  auto ready = prepare(request, call);
  if (ready) {
    ready = admit(call.size());
  }
  if (!ready) {
    call.payload = {};
    table.abandon(opened.id);
    responder(rpc::Reply::failure(ready.error()));
    return 0;
  }
  call.slot = opened.id;
  call.link = link_;
  call.port = port_;
  call.responder = responder;
  call.deadline = request.deadline;
  table.publish(opened.id);
  shared_.exchange->submit(call);
  return opened.id;
}

// None: the payload goes out as it is.
core::Result<std::optional<rpc::Payload>> RemoteNode::seal(const rpc::Request& request,
                                                           const core::ProfileId& profile) const {
  if (shared_.codec == nullptr || request.payload.type == 0 ||
      !shared_.codec->is_private(request.payload.type)) {
    return std::optional<rpc::Payload>();
  }
  auto sealed =
      shared_.codec->seal({rpc::PayloadPlace::Kind::kRequest, request.network, request.path,
                           request.trace, node_, profile, opens_sealed(), request.recipients},
                          request.payload);
  if (!sealed) {
    return sealed.error();
  }
  return std::optional(std::move(*sealed));
}

core::Result<void> RemoteNode::prepare(const rpc::Request& request, OutboundCall& call) {
  if (!port_->open.load(std::memory_order_relaxed)) {
    return refusal(Errc::kLinkLost, request.path);
  }
  if (request.payload.bytes.size() > shared_.exchange->limits().payload) {
    return refusal(Errc::kTooLarge, "the request");
  }
  const core::TimePoint now = shared_.clock.now();
  if (request.deadline <= now) {
    return refusal(Errc::kDeadlineExceeded, request.path);
  }
  const auto network = shared_.names.id(request.network);
  if (!network) {
    return refusal(Errc::kNoCommonNetwork, request.network);
  }
  wire::RequestHeader header;
  header.bits = (request.flags & rpc::kIdempotent) != 0 ? std::uint8_t{wire::kIdempotentBit}
                                                        : std::uint8_t{0};
  header.encoding = request.payload.encoding;
  header.depth = request.depth;
  header.network = *network;
  header.trace = request.trace;
  header.type = request.payload.type;
  header.remaining_us = wire::remaining_us(request.deadline, now);
  header.path = request.path;
  header.service = request.caller.service;

  // In a nested call the user may be one for whom only the first caller's node may ask.
  const core::ProfileId& profile = request.caller.profile;
  if (!profile.is_zero() && shared_.codec != nullptr && shared_.codec->acts_for({}, profile)) {
    header.profile = profile;
  }
  const auto sealed = seal(request, header.profile);
  if (!sealed) {
    return sealed.error();
  }
  const rpc::Payload& sent = *sealed ? **sealed : request.payload;
  header.encoding = sent.encoding;
  return call.write(header, request.meta, sent);
}

core::Result<void> RemoteNode::admit(std::size_t bytes) {
  const std::size_t most =
      shared_.exchange->limits().request_streams + shared_.exchange->limits().waiting_calls;
  if (port_->calls.fetch_add(1) >= most) {
    port_->calls.fetch_sub(1);
    return refusal(Errc::kBackpressure, "requests waiting");
  }
  if (!shared_.exchange->hold_request(*port_, bytes)) {
    port_->calls.fetch_sub(1);
    return refusal(Errc::kBackpressure, "bytes waiting");
  }
  return {};
}

void RemoteNode::cancel(rpc::Ticket ticket) {
  if (shared_.exchange->ours().is_open(ticket)) {
    shared_.exchange->request_cancel(ticket);
  }
}

core::Result<void> RemoteNode::publish(std::uint64_t lane, const OutgoingEvent& event) {
  if (!port_->open.load(std::memory_order_relaxed)) {
    return refusal(Errc::kLinkLost, event.header.topic);
  }
  if (event.payload.size() > shared_.exchange->limits().payload) {
    return refusal(Errc::kTooLarge, event.header.topic);
  }
  const bool is_sealed = event.header.encoding == rpc::Encoding::kSealed;
  if (is_sealed ? !opens_sealed()
                : event.header.type != 0 && shared_.codec != nullptr &&
                      shared_.codec->is_private(event.header.type)) {
    return refusal(Errc::kPeerCannotOpen, event.header.topic);
  }
  if (lane >= shared_.exchange->limits().lane_streams) {
    return refusal(Errc::kInvalidArgument, "lane");
  }
  return lanes_[lane]->publish(shared_.exchange->mailbox(), event);
}

std::size_t RemoteNode::lane_bytes(std::uint64_t lane) {
  return lane < lanes_.size() ? lanes_[lane]->held() : 0;
}

}  // namespace runard::transport
