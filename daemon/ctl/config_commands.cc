// runarctl config show|validate|explain.
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "config/check.h"
#include "config/explain.h"
#include "config/load.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/suggest.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

int show(Session& session) {
  const Answer answer = ask(session, "config");
  if (!answer.result) {
    return answer.exit;
  }
  if (!session.json()) {
    session.out << text_of(*answer.result, "yaml");
    return kExitOk;
  }
  json::parse_options deep;
  deep.max_depth = 256;  // a service's own settings are as deep as their author likes
  boost::system::error_code error;
  json::value config = json::parse(text_of(*answer.result, "json"), error, {}, deep);
  if (error) {
    return session.fail(core::fail(core::Errc::kProtocol, "the daemon's answer is not JSON"));
  }
  session.print("config", {{"config", std::move(config)}});
  return kExitOk;
}

json::object describe(const config::Problem& problem) {
  return {{"code", core::code_text(problem.code)},
          {"line", problem.mark.line},
          {"column", problem.mark.column},
          {"key", problem.key},
          {"message", problem.what},
          {"remedy", problem.instead}};
}

int validate(Session& session, const std::string& file) {
  if (!session.json()) {
    const int code = config::check(file, session.environment, session.out, session.err);
    return code == config::kExitOk ? kExitOk : kExitFailed;
  }
  const config::Loaded loaded = config::load(file, session.environment);
  json::array problems;
  for (const config::Problem& problem : loaded.problems) {
    problems.push_back(describe(problem));
  }
  session.print("config_check",
                {{"file", file}, {"valid", loaded.config.has_value()}, {"problems", problems}});
  return loaded.config ? kExitOk : kExitFailed;
}

json::object describe(const config::KeyRow& row) {
  return {{"key", row.path},
          {"type", row.type},
          {"default", row.default_text},
          {"meaning", row.meaning},
          {"required", row.is_required},
          {"in_this_version", !row.is_later}};
}

json::array keys_below(const std::string& section) {
  json::array rows;
  for (const config::KeyRow& row : config::key_table()) {
    const bool is_below =
        row.path.starts_with(section) && (section.empty() || row.path.starts_with(section + ".") ||
                                          row.path.starts_with(section + "["));
    if (is_below) {
      rows.push_back(describe(row));
    }
  }
  return rows;
}

// The keys that are spelt nearly so, or are of that name in another place.
std::vector<std::string> near_keys(const std::string& typed) {
  std::vector<std::string> names;
  std::vector<std::string> same_name;
  for (const config::KeyRow& row : config::key_table()) {
    names.push_back(row.path);
    if (row.path.ends_with("." + typed.substr(typed.rfind('.') + 1))) {
      same_name.push_back(row.path);
    }
  }
  const std::vector<std::string> near = suggest(typed, names);
  return near.empty() ? same_name : near;
}

int explain(Session& session, const std::string& key) {
  const std::vector<std::string> columns = {"key", "type", "default", "meaning"};
  if (key.empty()) {
    session.print_list("config_keys", "keys", keys_below(""), columns);
    return kExitOk;
  }
  const auto row = config::explain(key);
  if (!row) {
    return session.fail(
        core::fail(core::Errc::kNotFound, "there is no configuration key \"" + key + "\""),
        {"'runarctl config explain' lists all keys.", near_keys(key), {}});
  }
  session.print("config_key", describe(*row));
  const json::array below = keys_below(row->path);
  if (!session.json() && !below.empty()) {
    session.out << '\n';
    session.print_list("config_keys", "keys", below, columns);
  }
  return kExitOk;
}

int reload(Session& session) {
  const Answer answer = ask(session, "reload");
  if (!answer.result) {
    return answer.exit;
  }
  session.print("reload", {{"reloaded", true}});
  return kExitOk;
}

}  // namespace

void add_config_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& config = group(app, "config", "The daemon's configuration");
  command(config,
          {"show", "What the running daemon uses, defaults included, secrets cut",
           "runarctl config show"},
          context, show);
  command(
      config,
      {"reload",
       "Takes the certificate, authorization and services' settings again, and failed plugin files",
       "runarctl config reload"},
      context, reload);
  const auto file = std::make_shared<std::string>();
  CLI::App& check = command(config,
                            {"validate", "Checks a file as 'runard --check' does",
                             "runarctl config validate /etc/runard/runard.yaml"},
                            context, [file](Session& session) { return validate(session, *file); });
  check.add_option("file", *file, "The YAML file")->required()->type_name(value_name::kFile);
  const auto key = std::make_shared<std::string>();
  CLI::App& about = command(
      config,
      {"explain", "What a key means, or all of them", "runarctl config explain limits.payload"},
      context, [key](Session& session) { return explain(session, *key); });
  about.add_option("key", *key, "\"limits.payload\"; without it all are listed")
      ->type_name(value_name::kKey);
}

}  // namespace runard::ctl
