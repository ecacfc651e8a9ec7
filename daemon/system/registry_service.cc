#include "system/registry_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "routing/escape.h"
#include "wire/cbor.h"

namespace runard::system {
namespace {

using core::Errc;
using core::Executed;

// The numbers of the actions in row(): Request::action.
enum Action : std::uint32_t { kList, kOne, kState, kPause, kResume };

void put(wire::CborWriter& out, std::string_view key, std::string_view value) {
  out.text(key);
  out.text(value);
}

void put_time(wire::CborWriter& out, std::string_view key, core::WallTime time) {
  out.text(key);
  if (time == core::WallTime{}) {
    out.null();
  } else {
    out.number(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count()));
  }
}

void put_action(wire::CborWriter& out, const registry::ActionRow& action) {
  out.map(4);
  put(out, "name", action.pattern);
  put(out, "summary", action.summary);
  put(out, "input_schema", action.input_schema);
  put(out, "output_schema", action.output_schema);
}

void put_service(wire::CborWriter& out, const registry::NodeRows& node,
                 const registry::ServiceRow& row, bool local) {
  out.map(11);
  put(out, "network", row.network);
  put(out, "service_path", row.path);
  put(out, "name", row.type);
  put(out, "version", row.version);
  put(out, "description", row.summary);
  put(out, "state", registry::state_text(node, row));
  put_time(out, "registration_time", row.registered);
  put_time(out, "last_start_time", row.started);
  put(out, "node", node.node.is_zero() ? std::string() : node.node.text());
  out.text("local");
  out.boolean(local);
  out.text("actions");
  out.array(row.actions.size());
  for (const registry::ActionRow& action : row.actions) {
    put_action(out, action);
  }
}

using Nodes = std::vector<registry::NodeRows>;
using Rows = std::vector<std::pair<const registry::NodeRows*, const registry::ServiceRow*>>;

template <class Wanted>
Rows rows_of(const Nodes& nodes, const Wanted& wanted) {
  Rows found;
  for (const registry::NodeRows& node : nodes) {
    for (const registry::ServiceRow& row : node.services) {
      if (wanted(row)) {
        found.emplace_back(&node, &row);
      }
    }
  }
  return found;
}

core::Bytes list_of(const Nodes& nodes, const Rows& rows) {
  core::Bytes bytes;
  wire::CborWriter out(bytes);
  out.array(rows.size());
  for (const auto& [node, row] : rows) {
    put_service(out, *node, *row, node == &nodes.front());
  }
  return bytes;
}

core::Bytes state_answer(std::string_view state, const registry::NodeRows& node) {
  core::Bytes bytes;
  wire::CborWriter out(bytes);
  out.map(2);
  put(out, "state", state);
  put(out, "node", node.node.is_zero() ? std::string() : node.node.text());
  return bytes;
}

void reply(const rpc::Responder& responder, const core::Result<core::Bytes>& result) {
  if (result) {
    responder(rpc::Reply::success(rpc::Payload::borrow(*result, rpc::Encoding::kCbor)));
  } else {
    responder(rpc::Reply::failure(result.error()));
  }
}

}  // namespace

RegistryService::RegistryService(std::string network, registry::Registry& registry,
                                 ServiceControl& control, Shows shows)
    : network_(std::move(network)),
      registry_(registry),
      control_(control),
      shows_(std::move(shows)) {}

registry::ServiceRow RegistryService::row() const {
  registry::ServiceRow row;
  row.network = network_;
  row.path = "$registry";
  row.type = "registry";
  row.version = "1.0.0";
  row.summary = "What the nodes of this network provide";
  row.state = registry::ServiceState::kRunning;
  row.actions = {{"services/list", "All services of the network", "", "", rpc::kIdempotent},
                 {"services/{service_path}", "One service, for each node that provides it", "", "",
                  rpc::kIdempotent},
                 {"services/{service_path}/state", "The state of this node's instance", "", "",
                  rpc::kIdempotent},
                 {"services/{service_path}/pause", "Refuse new requests", "", "", 0},
                 {"services/{service_path}/resume", "Take requests again", "", "", 0}};
  return row;
}

rpc::Ticket RegistryService::call(const rpc::Request& request, const rpc::Responder& responder) {
  std::string path;
  if (request.action != kList) {
    auto decoded = routing::percent_decode_segment(request.params[0].value);
    if (!decoded) {
      responder(rpc::Reply::failure(core::fail(Errc::kInvalidParams,
                                               "the service path is not properly percent-encoded",
                                               Executed::kNo)));
      return 0;
    }
    path = std::move(*decoded);
  }
  if (request.action == kPause || request.action == kResume) {
    control(request, std::move(path), responder);
    return 0;
  }
  reply(responder, answer(request, path));
  return 0;
}

void RegistryService::keep_shown(const rpc::Request& request, registry::NodeRows& node) const {
  const bool told_all = (request.flags & rpc::kInbound) == 0;
  std::vector<registry::ServiceRow> kept;
  for (registry::ServiceRow& row : node.services) {
    if (row.network == network_ && (told_all || shows_(request.caller.node, row))) {
      kept.push_back(std::move(row));
    }
  }
  node.services = std::move(kept);
}

RegistryService::Nodes RegistryService::nodes(const rpc::Request& request) const {
  const bool inbound = (request.flags & rpc::kInbound) != 0;
  Nodes nodes = inbound ? Nodes{registry_.local()} : registry_.nodes();
  for (registry::NodeRows& node : nodes) {
    keep_shown(request, node);
  }
  return nodes;
}

core::Result<core::Bytes> RegistryService::answer(const rpc::Request& request,
                                                  std::string_view path) const {
  switch (request.action) {
    case kList:
      return list(request);
    case kOne:
      return one(request, path);
    default:
      return state(request, path);
  }
}

core::Result<core::Bytes> RegistryService::list(const rpc::Request& request) const {
  const Nodes all = nodes(request);
  return list_of(all, rows_of(all, [](const registry::ServiceRow&) { return true; }));
}

core::Result<core::Bytes> RegistryService::one(const rpc::Request& request,
                                               std::string_view path) const {
  const Nodes all = nodes(request);
  const Rows found =
      rows_of(all, [&](const registry::ServiceRow& row) { return row.path == path; });
  if (found.empty()) {
    return core::fail(Errc::kNoService,
                      fmt::format("no service \"{}\" in network \"{}\"", path, network_),
                      Executed::kNo);
  }
  return list_of(all, found);
}

core::Result<core::Bytes> RegistryService::state(const rpc::Request& request,
                                                 std::string_view path) const {
  registry::NodeRows local = registry_.local();
  keep_shown(request, local);
  for (const registry::ServiceRow& row : local.services) {
    if (row.path == path) {
      return state_answer(registry::state_text(local, row), local);
    }
  }
  return core::fail(Errc::kNoService,
                    fmt::format("no service \"{}\" on this node in network \"{}\"", path, network_),
                    Executed::kNo);
}

void RegistryService::control(const rpc::Request& request, std::string path,
                              const rpc::Responder& responder) {
  const bool here = request.caller.node.is_zero() && (request.flags & rpc::kInbound) == 0;
  const bool may = here || (request.flags & rpc::kAdministers) != 0;
  if (!may || !request.caller.service.empty()) {
    reply(responder, core::fail(Errc::kDenied,
                                "only an operator may pause or resume it, on the service's own "
                                "node or with admin rights",
                                Executed::kNo));
    return;
  }
  const bool pause = request.action == kPause;
  ServiceControl::Done done = [this, responder, pause](core::Result<void> result) {
    if (!result) {  // its state is what it was
      reply(responder, core::fail(result.error().code, result.error().about, Executed::kNo));
      return;
    }
    reply(responder, state_answer(pause ? "paused" : "running", registry_.local()));
  };
  if (pause) {
    control_.pause(network_, std::move(path), std::move(done));
  } else {
    control_.resume(network_, std::move(path), std::move(done));
  }
}

}  // namespace runard::system
