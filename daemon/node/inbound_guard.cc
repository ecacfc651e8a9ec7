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

rpc::Ticket refuse(const rpc::Responder& responder) {
  rpc::Reply reply;
  reply.code = core::Errc::kDenied;
  reply.executed = core::Executed::kNo;
  reply.message = "the provider's node does not permit it";
  responder(reply);
  return 0;
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
  if (request.path.starts_with('$')) {
    return call_system(request, responder);
  }
  return gate_.admit(request.caller.node, Action::kCall, {request.network, request.path})
             ? calls_.call(request, responder)
             : refuse(responder);
}

rpc::Ticket InboundGuard::call_system(const rpc::Request& request,
                                      const rpc::Responder& responder) {
  if (request.path == system::EventsService::kPastPath || request.path == kRenew) {
    return calls_.call(request, responder);
  }
  if (const auto service = administered(request.path)) {
    if (!gate_.admit(request.caller.node, Action::kAdmin, {request.network, *service})) {
      return refuse(responder);
    }
    rpc::Request own = request;
    own.flags |= rpc::kAdministers;
    return calls_.call(own, responder);
  }
  const Action action = request.path.starts_with(kKeys) ? Action::kKeysRead : Action::kCall;
  return gate_.admit(request.caller.node, action, {request.network, request.path})
             ? calls_.call(request, responder)
             : refuse(responder);
}

}  // namespace runard::node
