// runarctl status, node ls, node info.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <map>
#include <memory>

#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/local_facts.h"
#include "ctl/suggest.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

std::string number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? "0" : json::serialize(*value);
}

// Whom this node knows of and has no link to, and why not.
void show_unreached(Session& session, const json::object& status) {
  const json::value* mesh = status.if_contains("mesh");
  const json::value* targets = mesh == nullptr ? nullptr : mesh->as_object().if_contains("targets");
  if (targets != nullptr && !targets->as_array().empty()) {
    session.out << "\nnot linked:\n";
    session.print_list("status", "targets", targets->as_array(), {"addresses", "failures", "why"});
  }
}

// "until 2025-06-16T12:00:00Z, renewed by itself", or what is to be done about it.
std::string certificate_line(const json::object& mesh) {
  const json::value* known = mesh.if_contains("certificate");
  std::string until = "until " + text_of(mesh, "certificate_until");
  if (known == nullptr || !known->is_object()) {
    return until;
  }
  const json::object& certificate = known->get_object();
  const std::string state = text_of(certificate, "state");
  const std::string why = text_of(certificate, "last_error");
  if (state == "expired") {
    return until + ": ENDED; enrol again with a token, or install a new bundle";
  }
  if (state == "ending") {
    return until + ": ends soon" + (why.empty() ? "" : ", not renewed: " + why);
  }
  return until + (why.empty() ? "" : ", renewal failed: " + why);
}

// Of an issuer whose CA has not long to live; else nothing.
std::string ca_line(const json::object& mesh) {
  const json::value* issuer = mesh.if_contains("issuer");
  if (issuer == nullptr || !issuer->is_object()) {
    return "";
  }
  const json::value* soon = issuer->get_object().if_contains("ca_ends_soon");
  return soon != nullptr && soon->is_bool() && soon->get_bool()
             ? text_of(issuer->get_object(), "ca_until") +
                   ": ends soon; make the next with 'runarctl ca rotate prepare'"
             : "";
}

// The nodes that are linked, by name.
json::array linked_names(const json::object& mesh) {
  constexpr std::size_t kMostNames = 16;
  json::array names;
  std::size_t linked = 0;
  for (const json::value& peer : mesh.at("peers").as_array()) {
    const json::object& row = peer.as_object();
    if (row.at("linked").as_bool() && ++linked <= kMostNames) {
      const std::string name = text_of(row, "name");
      names.emplace_back(name.empty() ? text_of(row, "node") : name);
    }
  }
  if (linked > kMostNames) {
    names.emplace_back(fmt::format("and {} more", linked - kMostNames));
  }
  return names;
}

// What authorization refused since the start: "3 (call 2, publish 1), 1 of this node's own".
std::string denied_line(const json::object& status) {
  const json::object& rules = status.at("authorization").as_object();
  std::uint64_t total = 0;
  std::vector<std::string> each;
  for (const auto& [action, count] : rules.at("denied").as_object()) {
    const auto number = count.to_number<std::uint64_t>();
    total += number;
    if (number > 0) {
      each.push_back(fmt::format("{} {}", std::string_view(action), number));
    }
  }
  return fmt::format("{}{} of peers, {} of this node's own", total,
                     each.empty() ? "" : fmt::format(" ({})", fmt::join(each, ", ")),
                     number(rules, "denied_here"));
}

// Files in plugins.dir that are no service's.
void show_failed_plugins(Session& session, const json::object& status) {
  const json::value* failed = status.if_contains("failed_plugins");
  if (failed != nullptr && !failed->as_array().empty()) {
    session.out << "\nnot run:\n";
    session.print_list("status", "failed_plugins", failed->as_array(), {"file", "why"});
  }
}

void show_status(Session& session, const json::object& status) {
  const json::object& node = status.at("node").as_object();
  const json::object& calls = status.at("calls").as_object();
  const json::object& events = status.at("events").as_object();
  const std::string id = text_of(node, "id");
  session.out << fmt::format("{}  runard {}  {}  up {}\n", text_of(node, "name"),
                             text_of(status, "version"), text_of(status, "mode"),
                             duration_text(status.at("uptime_ns").to_number<long long>()));
  json::object lines = {{"node", id.empty() ? "none (local-only)" : id},
                        {"networks", status.at("networks")}};
  if (const json::value* mesh = status.if_contains("mesh")) {
    lines["listens"] = mesh->as_object().at("listens");
    lines["peers"] =
        fmt::format("{} linked, {} known addresses without a link",
                    number(mesh->as_object(), "linked"), number(mesh->as_object(), "unreached"));
    lines["linked"] = linked_names(mesh->as_object());
    lines["certificate"] = certificate_line(mesh->as_object());
    if (const std::string ca = ca_line(mesh->as_object()); !ca.empty()) {
      lines["CA"] = ca;
    }
  }
  lines["denied"] = denied_line(status);
  lines["calls"] = fmt::format("{} made, {} failed, {} in flight", number(calls, "total"),
                               number(calls, "failed"), number(calls, "in_flight"));
  lines["events"] =
      fmt::format("{} published, {} delivered, {} sent to peers, {} lost by subscribers here",
                  number(events, "published"), number(events, "delivered"), number(events, "sent"),
                  number(events, "lost"));
  session.print("status", lines);
  show_unreached(session, status);
  json::array services = status.at("services").as_array();
  if (!services.empty()) {
    for (json::value& service : services) {
      show_health(service.as_object());
    }
    session.out << '\n';
    session.print_list("status", "services", services,
                       {"network", "path", "state", "plugin", "plugin_version", "in_flight",
                        "restarts", "last_error"});
  }
  show_failed_plugins(session, status);
}

int status(Session& session) {
  const Answer answer = ask(session, "status");
  if (!answer.result) {
    return answer.exit;
  }
  if (session.json()) {
    session.print("status", *answer.result);
  } else {
    show_status(session, *answer.result);
  }
  return kExitOk;
}

// Where this node listens, and where its links lead, by node id; "" for this node.
std::map<std::string, std::string> addresses_in_use(const Session& session) {
  std::map<std::string, std::string> addresses;
  const auto status = ask_quietly(session, "status");
  const json::value* mesh = status ? status->if_contains("mesh") : nullptr;
  if (mesh == nullptr) {
    return addresses;
  }
  addresses[""] = text_of(mesh->as_object(), "listens");
  for (const json::value& peer : mesh->at("peers").as_array()) {
    addresses[text_of(peer.as_object(), "node")] = text_of(peer.as_object(), "address");
  }
  return addresses;
}

int node_ls(Session& session) {
  const Answer answer = ask(session, "nodes");
  if (!answer.result) {
    return answer.exit;
  }
  auto addresses = addresses_in_use(session);
  json::array rows;
  for (const json::value& node : answer.result->at("nodes").as_array()) {
    json::object row = node.as_object();
    row["address"] = addresses[row.at("local").as_bool() ? "" : text_of(row, "node")];
    row["where"] = row.at("local").as_bool() ? "this node" : "peer";
    row["services"] =
        session.json() ? row.at("services") : json::value(row.at("services").as_array().size());
    rows.push_back(std::move(row));
  }
  session.print_list("nodes", "nodes", rows,
                     {"name", "node", "where", "state", "services", "address"});
  return kExitOk;
}

int node_info(Session& session, const std::string& name) {
  const Answer answer = ask(session, "nodes");
  if (!answer.result) {
    return answer.exit;
  }
  std::vector<std::string> names;
  for (const json::value& node : answer.result->at("nodes").as_array()) {
    const json::object& row = node.as_object();
    names.push_back(text_of(row, "name"));
    if (text_of(row, "name") != name && text_of(row, "node") != name) {
      continue;
    }
    session.print("node", row);
    if (!session.json()) {
      session.out << '\n';
      session.print_list("node", "services", row.at("services").as_array(),
                         {"network", "path", "version", "state"});
    }
    return kExitOk;
  }
  return session.fail(
      core::fail(core::Errc::kNotFound, fmt::format("no node \"{}\" is known here", name)),
      {"See 'runarctl node ls' for the nodes that this one knows.", suggest(name, names), {}});
}

}  // namespace

void add_status_commands(CLI::App& app, const CommandContext& context) {
  command(app, {"status", "How this node is: peers, services, traffic", "runarctl status"}, context,
          status);
  CLI::App& node = group(app, "node", "Nodes of the mesh, and the identity of this one");
  command(node, {"ls", "The nodes that this one knows", "runarctl node ls"}, context, node_ls);
  const auto name = std::make_shared<std::string>();
  CLI::App& info =
      command(node, {"info", "One node, with its services", "runarctl node info edge-1"}, context,
              [name](Session& session) { return node_info(session, *name); });
  info.add_option("name", *name, "Its name or id")->required()->type_name(value_name::kNode);
}

}  // namespace runard::ctl
