#include "ctl/local_facts.h"

#include "ctl/ask.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace json = boost::json;

namespace {

constexpr const char* kServiceFacts[] = {"health",    "health_reason", "restarts",  "stuck",
                                         "in_flight", "events_lost",   "last_error"};
constexpr const char* kActionFacts[] = {"requests", "failures", "p50_ns", "p99_ns"};

template <class Keys>
void copy(const json::object& from, const Keys& keys, json::object& to) {
  for (const char* key : keys) {
    if (const json::value* const value = from.if_contains(key)) {
      to[key] = *value;
    }
  }
}

// The action of that name below a service.
void add_facts(const json::object& service, std::string_view name, json::object& to) {
  const json::value* const actions = service.if_contains("actions");
  if (actions == nullptr || !actions->is_array()) {
    return;
  }
  for (const json::value& action : actions->get_array()) {
    if (action.is_object() && text_of(action.get_object(), "name") == name) {
      copy(action.get_object(), kActionFacts, to);
    }
  }
}

bool is_local(const json::object& row) {
  const json::value* const local = row.if_contains("local");
  return local != nullptr && local->is_bool() && local->get_bool();
}

void show_time(json::object& action, const std::string& key) {
  const json::value* const ns = action.if_contains(key + "_ns");
  boost::system::error_code error;
  const auto time = ns == nullptr ? 0 : ns->to_number<long long>(error);
  action[key] = time > 0 ? duration_text(time) : "-";
  action.erase(key + "_ns");
}

}  // namespace

LocalFacts::LocalFacts(Session& session) {
  if (const auto status = ask_quietly(session, "status")) {
    const json::value* const services = status->if_contains("services");
    if (services != nullptr && services->is_array()) {
      services_ = services->get_array();
    }
  }
}

const json::object* LocalFacts::find(std::string_view network, std::string_view path) const {
  for (const json::value& value : services_) {
    const json::object* const service = value.if_object();
    if (service != nullptr && text_of(*service, "network") == network &&
        text_of(*service, "path") == path) {
      return service;
    }
  }
  return nullptr;
}

void LocalFacts::add_to_service(json::object& row) const {
  const json::object* const service = find(text_of(row, "network"), text_of(row, "path"));
  if (service == nullptr || !is_local(row)) {
    return;
  }
  copy(*service, kServiceFacts, row);
  for (json::value& action : row.at("actions").as_array()) {
    add_facts(*service, text_of(action.as_object(), "name"), action.as_object());
  }
}

void LocalFacts::add_to_action(json::object& row) const {
  const json::object* const service = find(text_of(row, "network"), text_of(row, "service"));
  if (service != nullptr && is_local(row)) {
    add_facts(*service, text_of(row, "name"), row);
  }
}

void show_latency(json::object& action) {
  show_time(action, "p50");
  show_time(action, "p99");
}

void show_health(json::object& service) {
  if (text_of(service, "health") == "degraded" && text_of(service, "state") == "running") {
    service["state"] = "running (degraded: " + text_of(service, "health_reason") + ")";
  }
}

}  // namespace runard::ctl
