// runarctl auth can-i: what the rules of authorization say, and which of them.
#include <algorithm>
#include <boost/json.hpp>
#include <memory>

#include "config/load.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "policy/from_config.h"
#include "routing/topic_path.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using core::fail;

struct CanI {
  std::string action;
  std::string path;
  std::string network;
  std::string node;
  std::vector<std::string> groups;
  std::vector<std::string> labels;
  std::string file;  // empty: the running daemon is asked
};

json::object asked(const CanI& wanted) {
  json::object params = {{"action", wanted.action}, {"path", wanted.path}};
  if (!wanted.network.empty()) {
    params["network"] = wanted.network;
  }
  if (!wanted.node.empty()) {
    params["node"] = wanted.node;
  }
  if (!wanted.groups.empty()) {
    params["groups"] = json::value_from(wanted.groups);
  }
  if (!wanted.labels.empty()) {
    params["node_labels"] = json::value_from(wanted.labels);
  }
  return params;
}

core::Result<policy::Subject> subject_of(const CanI& wanted, const config::Config& config) {
  policy::Subject subject{{}, wanted.groups, config.networks.join, wanted.labels};
  std::ranges::sort(subject.groups);
  std::ranges::sort(subject.labels);
  if (!wanted.node.empty()) {
    const auto id = core::NodeId::parse(wanted.node);
    if (!id) {
      return fail(Errc::kInvalidArgument,
                  "a file knows no names: --as takes the id of a node with --config");
    }
    subject.node = *id;
  }
  return subject;
}

core::Result<json::object> judge(const CanI& wanted, const config::Config& config) {
  const auto action = policy::parse_action(wanted.action);
  if (!action) {
    return fail(Errc::kInvalidArgument,
                "\"" + wanted.action +
                    "\" is no action: write call, publish, subscribe, register, keys.read or "
                    "admin");
  }
  const auto path = routing::TopicPath::parse(
      wanted.path, wanted.network.empty() ? config.networks.default_name : wanted.network);
  const auto policy = policy::from_config(config.authorization);
  const auto subject = subject_of(wanted, config);
  if (!path || !policy || !subject) {
    return !path ? path.error() : !policy ? policy.error() : subject.error();
  }
  const policy::Decision decision = (*policy)->decide(*subject, *action, *path);
  return json::object{{"allowed", decision.allowed},
                      {"rule", json::string(decision.rule)},
                      {"action", wanted.action},
                      {"network", json::string(path->network())},
                      {"path", json::string(path->path())},
                      {"node", wanted.node},
                      {"groups", json::value_from(subject->groups)},
                      {"node_labels", json::value_from(subject->labels)}};
}

// 0, or what it was told.
int from_file(Session& session, const CanI& wanted, json::object& record) {
  const config::Loaded loaded = config::load(wanted.file, session.environment);
  if (!loaded.config) {
    return session.fail(fail(loaded.problems.front().code, loaded.problems.front().text()),
                        {"'runarctl config validate " + wanted.file + "' shows all.", {}, {}});
  }
  auto judged = judge(wanted, *loaded.config);
  if (!judged) {
    return session.fail(judged.error());
  }
  record = std::move(*judged);
  return kExitOk;
}

int can_i(Session& session, const CanI& wanted) {
  json::object record;
  if (!wanted.file.empty()) {
    if (const int code = from_file(session, wanted, record); code != kExitOk) {
      return code;
    }
  } else {
    Answer answer = ask(session, "can_i", asked(wanted));
    if (!answer.result) {
      return answer.exit;
    }
    record = std::move(*answer.result);
  }
  const bool allowed = record.at("allowed").as_bool();
  session.print("can_i", record);
  return allowed ? kExitOk : kExitDenied;
}

}  // namespace

void add_auth_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& auth = group(app, "auth", "Authorization");
  const auto wanted = std::make_shared<CanI>();
  CLI::App& made = command(
      auth,
      {"can-i", "Whether the rules allow something, and which rule says so; exit code 0 or 6",
       "runarctl auth can-i call math/add --group web"},
      context, [wanted](Session& session) { return can_i(session, *wanted); });
  made.add_option("action", wanted->action,
                  "call, publish, subscribe, register, keys.read or admin")
      ->required()
      ->type_name(value_name::kText);
  made.add_option("path", wanted->path, "A topic path; for admin, the service's")
      ->required()
      ->type_name(value_name::kText);
  made.add_option("--network", wanted->network, "The network; else the default one")
      ->type_name(value_name::kNetwork);
  CLI::Option* as = made.add_option("--as", wanted->node,
                                    "For this node, by its id or, of a linked one, its name; else "
                                    "for the daemon's own")
                        ->type_name(value_name::kNode);
  CLI::Option* groups =
      made.add_option("--group", wanted->groups,
                      "For a member that is in this group and no other node's rules are about; "
                      "repeatable")
          ->allow_extra_args(false)
          ->type_name("NAME");
  CLI::Option* labels =
      made.add_option("--label", wanted->labels, "The same for a node with this label; repeatable")
          ->allow_extra_args(false)
          ->type_name("KEY=VALUE");
  made.add_option("--config", wanted->file, "Judge by this YAML file, without a daemon")
      ->type_name(value_name::kFile);
  as->excludes(groups);
  as->excludes(labels);
}

}  // namespace runard::ctl
