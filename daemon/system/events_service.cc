#include "system/events_service.h"

#include <algorithm>

#include "wire/past.h"

namespace runard::system {

registry::ServiceRow EventsService::row() const {
  registry::ServiceRow row;
  row.network = network_;
  row.path = "$events";
  row.type = "events";
  row.version = "1.0.0";
  row.summary = "What is retained on this node, for its peers";
  row.state = registry::ServiceState::kRunning;
  row.actions = {{"past", "A page of retained events", "", "", rpc::kIdempotent}};
  return row;
}

rpc::Ticket EventsService::call(const rpc::Request& request, const rpc::Responder& responder) {
  const auto page = answer(request);
  if (page) {
    responder(rpc::Reply::success(rpc::Payload::borrow(*page, rpc::Encoding::kCbor)));
  } else {
    responder(rpc::Reply::failure(page.error()));
  }
  return 0;
}

core::Result<core::Bytes> EventsService::answer(const rpc::Request& request) const {
  if ((request.flags & rpc::kInbound) == 0) {
    return core::fail(core::Errc::kDenied, "only other nodes ask for this node's past",
                      core::Executed::kNo);
  }
  auto query = wire::decode_past_query(request.payload.bytes);
  if (!query) {
    return core::fail(core::Errc::kInvalidParams, query.error().about, core::Executed::kNo);
  }
  query->network = network_;
  query->bytes = std::min(query->bytes, payload_limit_);
  const auto page = past_.past(*query, request.caller.node);
  if (!page) {
    return page.error();
  }
  return wire::encode(*page);
}

}  // namespace runard::system
