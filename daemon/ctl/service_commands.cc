// runarctl service ls|info|pause|resume, action ls|info.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <set>

#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/local_facts.h"
#include "ctl/schema_text.h"
#include "ctl/suggest.h"
#include "routing/escape.h"
#include "routing/topic_path.h"
#include "routing/topic_pattern.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

struct Named {
  std::string path;
  std::string network;
  std::string node = {};  // a name or id; empty: any
};

bool is_on(const json::object& row, const std::string& node) {
  return node.empty() || text_of(row, "node_name") == node || text_of(row, "node") == node;
}

// "main:math" names its network; "math" fits all of them, or the one of --network.
bool fits(const json::object& row, std::string_view key, const Named& named) {
  const auto colon = named.path.find(':');
  const std::string network =
      colon == std::string::npos ? named.network : named.path.substr(0, colon);
  const std::string path = colon == std::string::npos ? named.path : named.path.substr(colon + 1);
  return text_of(row, key) == path && (network.empty() || text_of(row, "network") == network) &&
         is_on(row, named.node);
}

// "users/42/profile" is one of the paths of the action "users/{id}/profile".
bool serves(const json::object& action, const Named& named) {
  const auto colon = named.path.find(':');
  const std::string path = colon == std::string::npos ? named.path : named.path.substr(colon + 1);
  const std::string network = text_of(action, "network");
  const auto pattern = routing::TopicPattern::parse(text_of(action, "path"), network);
  const std::string wanted =
      colon == std::string::npos ? named.network : named.path.substr(0, colon);
  return pattern && pattern->matches_path(path) && (wanted.empty() || wanted == network);
}

int not_found(Session& session, std::string_view what, const std::string& path,
              const json::array& rows) {
  std::set<std::string> names;
  for (const json::value& row : rows) {
    names.insert(text_of(row.as_object(), "path"));
  }
  return session.fail(
      core::fail(what == "service" ? Errc::kNoService : Errc::kNoAction,
                 fmt::format("no {} \"{}\" is known here", what, path), core::Executed::kNo),
      {fmt::format("See 'runarctl {} ls' for what is known here.", what),
       suggest(path.substr(path.find(':') + 1), {names.begin(), names.end()}),
       {}});
}

// 0, or what it was told: a network that this node is no member of has no services to list.
int check_network(Session& session, const std::string& network) {
  const auto hello = network.empty() ? std::nullopt : ask_quietly(session, "hello");
  if (!hello) {
    return kExitOk;
  }
  const auto names = json::value_to<std::vector<std::string>>(hello->at("networks"));
  if (std::ranges::find(names, network) != names.end()) {
    return kExitOk;
  }
  return session.fail(
      core::fail(Errc::kNotFound, fmt::format("this node is not in network \"{}\"", network)),
      {fmt::format("Its networks are {}.", fmt::join(names, ", ")), suggest(network, names), {}});
}

// 0, or what it was told.
int check_node(Session& session, const std::string& node, const json::object& nodes) {
  std::vector<std::string> names;
  for (const json::value& value : nodes.at("nodes").as_array()) {
    const json::object& row = value.as_object();
    names.push_back(text_of(row, "name"));
    if (node.empty() || node == names.back() || node == text_of(row, "node")) {
      return kExitOk;
    }
  }
  return session.fail(
      core::fail(Errc::kNotFound, fmt::format("no node \"{}\" is known here", node)),
      {"See 'runarctl node ls'.", suggest(node, names), {}});
}

int service_ls(Session& session, const std::string& network, const std::string& node) {
  const Answer answer = ask(session, "nodes");
  if (!answer.result) {
    return answer.exit;
  }
  if (const int code = check_network(session, network); code != kExitOk) {
    return code;
  }
  if (const int code = check_node(session, node, *answer.result); code != kExitOk) {
    return code;
  }
  json::array rows;
  for (json::value& row : service_rows(*answer.result)) {
    if ((network.empty() || text_of(row.as_object(), "network") == network) &&
        is_on(row.as_object(), node)) {
      if (!session.json()) {
        row.as_object()["actions"] = row.at("actions").as_array().size();
      }
      rows.push_back(std::move(row));
    }
  }
  session.print_list("services", "services", rows,
                     {"path", "version", "network", "node_name", "state", "actions"});
  return kExitOk;
}

// How they are used is known of this node's only.
void print_actions(Session& session, json::object& service) {
  json::array& actions = service.at("actions").as_array();
  if (!service.at("local").as_bool()) {
    session.print_list("service", "actions", actions, {"path", "summary"});
    return;
  }
  for (json::value& action : actions) {
    show_latency(action.as_object());
  }
  session.print_list("service", "actions", actions,
                     {"path", "requests", "failures", "p50", "p99", "summary"});
}

int service_info(Session& session, const Named& named) {
  const Answer answer = ask(session, "nodes");
  if (!answer.result) {
    return answer.exit;
  }
  if (const int code = check_node(session, named.node, *answer.result); code != kExitOk) {
    return code;
  }
  const json::array all = service_rows(*answer.result);
  json::array found;
  for (const json::value& row : all) {
    if (fits(row.as_object(), "path", named)) {
      found.push_back(row);
    }
  }
  if (found.empty()) {
    return not_found(session, "service", named.path, all);
  }
  const LocalFacts facts(session);
  for (json::value& row : found) {
    facts.add_to_service(row.as_object());
  }
  if (session.json()) {
    session.print_list("service", "providers", found, {});
    return kExitOk;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    json::object& row = found[i].as_object();
    show_health(row);
    session.out << (i == 0 ? "" : "\n");
    session.print("service", row);
    session.out << '\n';
    print_actions(session, row);
  }
  return kExitOk;
}

int not_local(Session& session, const Named& named, const json::array& all) {
  std::vector<std::string> nodes;
  for (const json::value& row : all) {
    if (fits(row.as_object(), "path", named)) {
      nodes.push_back(text_of(row.as_object(), "node_name"));
    }
  }
  if (nodes.empty()) {
    return not_found(session, "service", named.path, all);
  }
  return session.fail(
      core::fail(Errc::kNoService,
                 fmt::format("the service \"{}\" does not run on this node", named.path),
                 core::Executed::kNo),
      {"Say on which node: --node NAME.",
       {},
       {fmt::format("it runs on {}", fmt::join(nodes, ", "))}});
}

// Whether it may be, that node decides; a service that it does not show may be there all the same.
int control_elsewhere(Session& session, const Named& named, std::string_view verb) {
  const auto colon = named.path.find(':');
  const std::string network =
      colon == std::string::npos ? named.network : named.path.substr(0, colon);
  const std::string path = colon == std::string::npos ? named.path : named.path.substr(colon + 1);
  const Answer done = ask(
      session, "service.control",
      {{"node", named.node}, {"network", network}, {"service", path}, {"verb", std::string(verb)}});
  if (!done.result) {
    return done.exit;
  }
  session.print("service", {{"network", network},
                            {"path", path},
                            {"node", named.node},
                            {"state", verb == "pause" ? "paused" : "running"}});
  return kExitOk;
}

int control(Session& session, const Named& named, std::string_view verb) {
  const Answer nodes = ask(session, "nodes");
  if (!nodes.result) {
    return nodes.exit;
  }
  const json::array all = service_rows(*nodes.result);
  if (!named.node.empty()) {
    if (const int code = check_node(session, named.node, *nodes.result); code != kExitOk) {
      return code;
    }
    for (const json::value& value : nodes.result->at("nodes").as_array()) {
      const json::object& row = value.as_object();
      const bool meant = named.node == text_of(row, "name") || named.node == text_of(row, "node");
      if (meant && !row.at("local").as_bool()) {
        return control_elsewhere(session, named, verb);
      }
    }
  }
  for (const json::value& value : all) {
    const json::object& row = value.as_object();
    if (!fits(row, "path", named) || !row.at("local").as_bool()) {
      continue;
    }
    const std::string path =
        fmt::format("{}:$registry/services/{}/{}", text_of(row, "network"),
                    routing::percent_encode_segment(text_of(row, "path")), verb);
    const Answer done =
        ask(session, "call", {{"path", path}, {"payload", ""}, {"encoding", "raw"}});
    if (!done.result) {
      return done.exit;
    }
    session.print("service", {{"network", text_of(row, "network")},
                              {"path", text_of(row, "path")},
                              {"state", verb == "pause" ? "paused" : "running"}});
    return kExitOk;
  }
  return not_local(session, named, all);
}

int action_ls(Session& session, const std::string& service) {
  const Answer answer = ask(session, "nodes");
  if (!answer.result) {
    return answer.exit;
  }
  const Named named{service, ""};
  const json::array services = service_rows(*answer.result);
  if (!service.empty() && std::ranges::none_of(services, [&](const json::value& row) {
        return fits(row.as_object(), "path", named);
      })) {
    return not_found(session, "service", service, services);
  }
  json::array rows;
  for (json::value& row : action_rows(*answer.result)) {
    if (service.empty() || fits(row.as_object(), "service", named)) {
      rows.push_back(std::move(row));
    }
  }
  session.print_list("actions", "actions", rows,
                     {"path", "network", "node_name", "state", "summary"});
  return kExitOk;
}

int action_info(Session& session, const Named& named) {
  const Answer answer = ask(session, "nodes");
  if (!answer.result) {
    return answer.exit;
  }
  const json::array all = action_rows(*answer.result);
  const auto by = [&](const auto& is_it) {
    return std::ranges::find_if(all, [&](const json::value& v) { return is_it(v.as_object()); });
  };
  const auto* found = by([&](const json::object& row) { return fits(row, "path", named); });
  if (found == all.end()) {
    found = by([&](const json::object& row) { return serves(row, named); });
  }
  if (found != all.end()) {
    json::object record = found->as_object();
    LocalFacts(session).add_to_action(record);
    if (!session.json()) {
      show_latency(record);
      record["takes"] = schema_text(text_of(record, "input_schema"));
      record["gives"] = schema_text(text_of(record, "output_schema"));
    }
    session.print("action", record);
    return kExitOk;
  }
  if (by([&](const json::object& row) { return fits(row, "service", named); }) != all.end()) {
    return session.fail(
        core::fail(Errc::kNoAction, fmt::format("\"{}\" is a service, no action", named.path),
                   core::Executed::kNo),
        {fmt::format("See 'runarctl action ls {}' for its actions.", named.path), {}, {}});
  }
  return not_found(session, "action", named.path, all);
}

std::shared_ptr<Named> add_named(CLI::App& command, const std::string& what, const char* type) {
  const auto named = std::make_shared<Named>();
  command.add_option("path", named->path, what)->required()->type_name(type);
  command.add_option("--network", named->network, "Only that network")
      ->type_name(value_name::kNetwork);
  return named;
}

}  // namespace

void add_service_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& service = group(app, "service", "Services, on this node and on others");
  const auto network = std::make_shared<std::string>();
  const auto on = std::make_shared<std::string>();
  CLI::App& ls =
      command(service, {"ls", "All services that this node knows", "runarctl service ls"}, context,
              [network, on](Session& session) { return service_ls(session, *network, *on); });
  ls.add_option("--network", *network, "Only that network")->type_name(value_name::kNetwork);
  ls.add_option("--node", *on, "Only those of that node: its name or id")
      ->type_name(value_name::kNode);
  const char* of_node = "Only that of this node: its name or id";
  const auto add = [&](const About& about, int (*run)(Session&, const Named&)) {
    const auto named = std::make_shared<std::shared_ptr<Named>>();
    CLI::App& made =
        command(service, about, context, [named, run](Session& s) { return run(s, **named); });
    *named =
        add_named(made, "Where it is mounted: \"math\" or \"main:math\"", value_name::kService);
    made.add_option("--node", (*named)->node, of_node)->type_name(value_name::kNode);
  };
  add({"info", "One service: who provides it, with which actions", "runarctl service info math"},
      service_info);
  of_node = "Of another node, whose rules allow this one to administer it";
  add({"pause", "Makes a service refuse requests", "runarctl service pause math --node web-2"},
      [](Session& s, const Named& n) { return control(s, n, "pause"); });
  add({"resume", "Makes a paused service take requests again",
       "runarctl service resume math --node web-2"},
      [](Session& s, const Named& n) { return control(s, n, "resume"); });
}

void add_action_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& action = group(app, "action", "Actions of services");
  const auto of = std::make_shared<std::string>();
  CLI::App& list =
      command(action, {"ls", "All actions that can be called", "runarctl action ls math"}, context,
              [of](Session& session) { return action_ls(session, *of); });
  list.add_option("service", *of, "Only those of this service")->type_name(value_name::kService);
  const auto named = std::make_shared<std::shared_ptr<Named>>();
  CLI::App& info = command(
      action, {"info", "One action: what it takes and gives", "runarctl action info math/add"},
      context, [named](Session& session) { return action_info(session, **named); });
  *named = add_named(info, "Its path: \"math/add\"", value_name::kAction);
}

}  // namespace runard::ctl
