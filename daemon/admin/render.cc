#include "admin/render.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "admin/base64.h"

namespace runard::admin {
namespace json = boost::json;

namespace {

json::string text(std::string_view view) {
  return json::string(view.data(), view.size());
}

// The number that the service's author gave: plugins' statuses of their own count down from
// RUNAR_E_APP, which is -1000 (runar/plugin.h).
std::int64_t number_of_author(std::int32_t status) {
  constexpr std::int64_t kApp = -1000;
  return status <= kApp ? kApp - status : status;
}

}  // namespace

std::string_view encoding_text(rpc::Encoding encoding) {
  constexpr std::string_view kNames[] = {"raw", "cbor", "json", "text"};
  return kNames[static_cast<std::size_t>(encoding) & 3];
}

std::optional<rpc::Encoding> parse_encoding(std::string_view name) {
  for (const auto encoding :
       {rpc::Encoding::kRaw, rpc::Encoding::kCbor, rpc::Encoding::kJson, rpc::Encoding::kText}) {
    if (encoding_text(encoding) == name) {
      return encoding;
    }
  }
  return std::nullopt;
}

json::value time_value(core::WallTime time) {
  if (time == core::WallTime{}) {
    return nullptr;
  }
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  return text(fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms % 1000));
}

json::object render(const registry::NodeRows& node, const registry::ServiceRow& row) {
  json::array actions;
  for (const registry::ActionRow& action : row.actions) {
    actions.push_back(
        {{"name", action.pattern},
         {"path", action.pattern.empty() ? row.path : row.path + "/" + action.pattern},
         {"summary", action.summary},
         {"input_schema", action.input_schema},
         {"output_schema", action.output_schema},
         {"idempotent", (action.flags & rpc::kIdempotent) != 0}});
  }
  return {{"network", row.network},
          {"path", row.path},
          {"name", row.type},
          {"version", row.version},
          {"description", row.summary},
          {"state", text(registry::state_text(node, row))},
          {"registered", time_value(row.registered)},
          {"started", time_value(row.started)},
          {"actions", std::move(actions)}};
}

json::object render(const registry::NodeRows& rows, bool local) {
  json::array services;
  for (const registry::ServiceRow& service : rows.services) {
    services.push_back(render(rows, service));
  }
  json::array subscriptions;
  for (const registry::SubscriptionRow& row : rows.subscriptions) {
    subscriptions.push_back(
        {{"network", row.network}, {"pattern", row.pattern}, {"group", row.group}});
  }
  return {{"node", rows.node.is_zero() ? json::string() : text(rows.node.text())},
          {"name", rows.name},
          {"local", local},
          {"state", rows.draining ? "draining" : "up"},
          {"epoch", rows.epoch},
          {"version", rows.version},
          {"addresses", json::value_from(rows.addresses)},
          {"services", std::move(services)},
          {"subscriptions", std::move(subscriptions)}};
}

json::object render(const rpc::Delivery& delivery) {
  const rpc::StoredEvent& event = *delivery.event;
  const std::uint32_t flags = delivery.flags | event.flags;
  json::object meta;
  for (const auto& [key, value] : event.meta) {
    meta[key] = value;
  }
  return {{"network", event.network},
          {"topic", event.topic},
          {"payload", text(to_base64(event.payload.bytes))},
          {"encoding", text(encoding_text(event.payload.encoding))},
          {"published", time_value(event.published)},
          {"source", event.source.is_zero() ? json::string() : text(event.source.text())},
          {"publisher", event.publisher},
          {"sequence", event.sequence},
          {"retained", (flags & rpc::kRetainedEvent) != 0},
          {"gap", (flags & rpc::kEventGap) != 0},
          {"meta", std::move(meta)}};
}

json::object render_error(const rpc::Reply& reply) {
  const core::ErrorInfo& row = core::info(reply.code);
  json::object error = {{"code", text(core::code_text(row.code))},
                        {"number", static_cast<int>(row.code)},
                        {"name", text(row.name)},
                        {"kind", text(core::kind_text(row.kind))},
                        {"message", core::sentence(reply.code, reply.message)},
                        {"remedy", text(row.remedy)},
                        {"executed", text(core::executed_text(reply.executed))}};
  if (row.kind == core::Kind::kApplication) {
    error["app_code"] = number_of_author(reply.app_code);
  }
  if (!reply.payload.bytes.empty()) {
    error["payload"] = text(to_base64(reply.payload.bytes));
    error["encoding"] = text(encoding_text(reply.payload.encoding));
  }
  return error;
}

json::object render_error(const core::Error& error) {
  return render_error(rpc::Reply::failure(error));
}

}  // namespace runard::admin
