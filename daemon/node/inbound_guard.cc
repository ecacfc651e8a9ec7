#include "node/inbound_guard.h"

#include <optional>
#include <string>

#include "routing/escape.h"
#include "system/events_service.h"

namespace runard::node {
namespace {

using policy::Action;

constexpr std::string_view kKeys = "$keys/";
constexpr std::string_view kRenew = "$issuer/renew";  // an issuer judges certificates, not rules
constexpr std::string_view kServices = "$registry/services/";

core::Error denied() {
  return core::fail(core::Errc::kDenied, "the provider's node does not permit it",
                    core::Executed::kNo);
}

bool open_to_all(std::string_view path) {
  return path == system::EventsService::kPastPath || path == kRenew;
}

// The service that a request would pause or resume, as a path.
std::optional<std::string> administered(std::string_view path) {
  if (!path.starts_with(kServices)) {
    return std::nullopt;
  }
  path.remove_prefix(kServices.size());
  const std::size_t slash = path.find('/');
  const std::string_view verb = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  if (verb != "pause" && verb != "resume") {
    return std::nullopt;
  }
  auto service = routing::percent_decode_segment(path.substr(0, slash));
  // What can't be decoded is nobody's service, and no rule allows it.
  return service ? std::move(*service) : std::string();
}

}  // namespace

rpc::Ticket InboundGuard::call(const rpc::Request& request, const rpc::Responder& responder) {
  const auto flags = permit(request.caller.node, {request.network, request.path});
  if (!flags) {
    const core::Error why = denied();
    responder(rpc::Reply::failure(why));
    return 0;
  }
  if (*flags == 0) {
    return calls_.call(request, responder);
  }
  rpc::Request own = request;
  own.flags |= *flags;
  return calls_.call(own, responder);
}

core::Result<void> InboundGuard::admit(const core::NodeId& peer, std::string_view network,
                                       std::string_view path) const {
  if (open_to_all(path) || !permit(peer, {network, path})) {
    return denied();
  }
  return {};
}

std::optional<std::uint32_t> InboundGuard::permit(const core::NodeId& peer,
                                                  routing::TopicView topic) const {
  const auto when = [&](Action action, std::string_view path, std::uint32_t flags) {
    return gate_.admit(peer, action, {topic.network, path}) ? std::optional(flags) : std::nullopt;
  };
  if (!topic.path.starts_with('$')) {
    return when(Action::kCall, topic.path, 0);
  }
  if (open_to_all(topic.path)) {
    return 0;
  }
  if (const auto service = administered(topic.path)) {
    return when(Action::kAdmin, *service, rpc::kAdministers);
  }
  return when(topic.path.starts_with(kKeys) ? Action::kKeysRead : Action::kCall, topic.path, 0);
}

}  // namespace runard::node
