// The methods of ControlServer that make traffic, or tell where it would go: providers, call,
// publish, subscribe, cancel.

#include <algorithm>
#include <map>
#include <set>

#include "admin/base64.h"
#include "admin/control_server.h"
#include "admin/event_stream.h"
#include "admin/params.h"
#include "admin/render.h"
#include "routing/topic_path.h"

namespace runard::admin {
namespace json = boost::json;
using core::Errc;

// Who takes a call of the path that names its node: the providers of the pattern that decides,
// local first, and last those that are left out of calls that name none.
void ControlServer::providers(const SessionPtr& session, std::uint64_t id, const Params& params) {
  const auto path =
      routing::TopicPath::parse(text_of(params, "path"), registry_.networks().front());
  if (!path) {
    session->send_error(id, path.error());
    return;
  }
  std::map<core::NodeId, std::string> names;
  for (const registry::NodeRows& rows : registry_.nodes()) {
    names[rows.node] = rows.name;
  }
  const core::NodeId self = registry_.self();
  std::set<core::NodeId> nodes;
  json::array found;
  const auto add = [&](const registry::Provider& provider) {
    const core::NodeId node = provider.node.is_zero() ? self : provider.node;
    if (nodes.insert(node).second) {
      found.push_back({{"node", node.is_zero() ? std::string() : node.text()},
                       {"name", names[node]},
                       {"local", provider.node.is_zero()}});
    }
  };
  routing::Captures captures;
  const auto table = registry_.table();
  const auto entries = table->find({path->network(), path->path()}, captures);
  for (const auto& entry : entries) {
    std::ranges::for_each(entry.value->providers, add);
  }
  for (const auto& entry : entries) {
    std::ranges::for_each(entry.value->left_out, add);
  }
  session->send({{"id", id}, {"result", {{"providers", std::move(found)}}}});
}

void ControlServer::call(const SessionPtr& session, std::uint64_t id, const Params& params) {
  Client& client = clients_[session];
  if (client.calls.size() >= kMaxInFlight) {
    session->send_error(
        id, core::fail(Errc::kOverloaded, "too many calls of this client are in flight"));
    return;
  }
  const auto path =
      routing::TopicPath::parse(text_of(params, "path"), registry_.networks().front());
  auto payload = payload_of(params);
  auto target = node_of(params, "node", registry_);
  const auto profile = profile_of(params, "profile");
  const auto recipients = recipients_of(params);
  const auto meta = meta_of(params);
  if (!path || !payload || !target || !profile || !recipients || !meta) {
    session->send_error(id, !path         ? path.error()
                            : !payload    ? payload.error()
                            : !target     ? target.error()
                            : !profile    ? profile.error()
                            : !recipients ? recipients.error()
                                          : meta.error());
    return;
  }
  if (const auto typed = add_type({path->network(), path->path()}, *payload); !typed) {
    session->send_error(id, typed.error());
    return;
  }
  const core::TimePoint now = clock_.now();
  const core::Duration timeout = duration_of(params, "timeout_ns");
  rpc::Request request;
  request.network = path->network();
  request.path = path->path();
  request.payload = *payload;
  request.meta = *meta;
  request.caller.profile = *profile;
  request.recipients = *recipients;
  if (timeout > core::Duration{0}) {
    request.deadline = now + timeout;  // else the dispatcher gives it one
  }
  request.target = *target;
  const auto opened = pending_.open();
  if (opened.value == nullptr) {
    session->send_error(id,
                        core::fail(Errc::kOverloaded, "too many control requests are in flight"));
    return;
  }
  *opened.value = {session, id, now, sources_.withheld ? sources_.withheld(request) : nullptr};
  pending_.publish(opened.id);
  client.calls[id] = 0;
  const rpc::Ticket ticket = calls_.call(request, {this, {opened.id, 0, 0}});
  // complete() takes the entry out on this executor, so after this function.
  client.calls[id] = ticket;
}

namespace {

// What stays on this node is not sealed.
json::array withheld_of(const WithheldOn& withheld, const core::NodeId& served_by) {
  return withheld && !served_by.is_zero() ? withheld(served_by) : json::array{};
}

}  // namespace

void ControlServer::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  Pending* slot = pending_.claim(cookie[0]);
  if (slot == nullptr) {
    return;
  }
  const Pending pending = std::exchange(*slot, {});
  pending_.close(cookie[0]);
  const auto elapsed = (clock_.now() - pending.began).count();
  json::array withheld = withheld_of(pending.withheld, reply.served_by);
  if (reply.ok()) {
    const std::string_view encoding = encoding_text(reply.payload.encoding);
    json::object result = {
        {"payload", to_base64(reply.payload.bytes)},
        {"encoding", json::string(encoding.data(), encoding.size())},
        {"served_by", reply.served_by.is_zero() ? std::string() : reply.served_by.text()},
        {"elapsed_ns", elapsed}};
    if (!withheld.empty()) {
      result["withheld"] = std::move(withheld);
    }
    pending.session->send({{"id", pending.id}, {"result", std::move(result)}});
  } else {
    json::object error = render_error(reply);
    error["elapsed_ns"] = elapsed;
    pending.session->send({{"id", pending.id}, {"error", std::move(error)}});
  }
  pending.session->post(
      [this, session = pending.session, id = pending.id] { finished(session, id); });
}

void ControlServer::finished(const SessionPtr& session, std::uint64_t id) {
  const auto client = clients_.find(session);
  if (client != clients_.end()) {
    client->second.calls.erase(id);
  }
}

void ControlServer::cancel(const SessionPtr& session, std::uint64_t id, const Params& params) {
  const json::value* which = params.if_contains("call");
  boost::system::error_code error;
  const std::uint64_t call = which == nullptr ? 0 : which->to_number<std::uint64_t>(error);
  Client& client = clients_[session];
  if (const auto at = client.calls.find(call); at != client.calls.end()) {
    calls_.cancel(at->second);
  }
  if (const auto at = client.streams.find(call); at != client.streams.end()) {
    at->second->close();
    client.streams.erase(at);
  }
  if (const auto at = client.counters.find(call); at != client.counters.end()) {
    at->second->close();
    client.counters.erase(at);
  }
  stop_benches(session, call);
  session->send({{"id", id}, {"result", json::object()}});
}

void ControlServer::publish(const SessionPtr& session, std::uint64_t id, const Params& params) {
  const auto path =
      routing::TopicPath::parse(text_of(params, "topic"), registry_.networks().front());
  const auto payload = payload_of(params);
  const auto target = node_of(params, "target", registry_);
  const auto owner = profile_of(params, "owner");
  const auto meta = meta_of(params);
  if (!path || !payload || !target || !owner || !meta) {
    session->send_error(id, !path      ? path.error()
                            : !payload ? payload.error()
                            : !target  ? target.error()
                            : !owner   ? owner.error()
                                       : meta.error());
    return;
  }
  if (path->is_system()) {
    session->send_error(
        id, core::fail(Errc::kReservedPath, "events on " + path->text() + " are the system's"));
    return;
  }
  rpc::Event event;
  event.network = path->network();
  event.topic = path->path();
  event.payload = *payload;
  event.meta = *meta;
  event.publisher = "runarctl";
  event.owner = *owner;
  rpc::PublishOptions options;
  options.broadcast = !flag_of(params, "local");
  options.guaranteed = flag_of(params, "guaranteed");
  options.retain_for = duration_of(params, "retain_ns");
  options.target = *target;
  const rpc::Receipt receipt = broker_.publish(event, options);
  if (receipt.code != core::Errc{}) {
    session->send_error(id, core::fail(receipt.code, receipt.about, core::Executed::kNo));
    return;
  }
  session->send({{"id", id}, {"result", {{"reached", receipt.reached}}}});
}

void ControlServer::subscribe(const SessionPtr& session, std::uint64_t id, const Params& params) {
  Client& client = clients_[session];
  if (client.streams.size() >= kMaxInFlight || client.streams.contains(id)) {
    session->send_error(id, core::fail(Errc::kOverloaded,
                                       "too many subscriptions of this client, or one of that id"));
    return;
  }
  rpc::SubscribeOptions options;
  options.network = registry_.networks().front();
  options.pattern = text_of(params, "pattern");
  options.group = text_of(params, "group");
  options.include_past = duration_of(params, "past_ns");
  options.subscriber = "runarctl";
  const auto stream = std::make_shared<EventStream>(session, id);
  if (const auto opened = stream->open(broker_, std::move(options)); !opened) {
    session->send_error(id, opened.error());
    return;
  }
  client.streams[id] = stream;
  session->send({{"id", id}, {"subscribed", true}});
}

}  // namespace runard::admin
