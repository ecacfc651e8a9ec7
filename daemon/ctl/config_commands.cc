// runarctl config show|validate|explain.
#include <unistd.h>

#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "config/check.h"
#include "config/explain.h"
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
  if (session.json()) {
    session.print("config", *answer.result);
  } else {
    session.out << text_of(*answer.result, "yaml");
  }
  return kExitOk;
}

int validate(Session& session, const std::string& file) {
  const int code = config::check(file, session.environment, session.out, session.err);
  return code == config::kExitOk ? kExitOk : kExitFailed;
}

json::object describe(const config::KeyRow& row) {
  return {{"key", row.path},
          {"type", row.type},
          {"default", row.default_text},
          {"meaning", row.meaning},
          {"required", row.is_required},
          {"in_this_version", !row.is_later}};
}

int explain(Session& session, const std::string& key) {
  if (key.empty()) {
    json::array rows;
    for (const config::KeyRow& row : config::key_table()) {
      rows.push_back(describe(row));
    }
    session.print_list("config-keys", "keys", rows, {"key", "type", "default", "meaning"});
    return kExitOk;
  }
  if (const auto row = config::explain(key)) {
    session.print("config-key", describe(*row));
    return kExitOk;
  }
  std::vector<std::string> names;
  for (const config::KeyRow& row : config::key_table()) {
    names.push_back(row.path);
  }
  return session.fail(core::fail(core::Errc::kNotFound, "no configuration key \"" + key + "\""),
                      did_you_mean(suggest(key, names)));
}

}  // namespace

void add_config_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& config = group(app, "config", "The daemon's configuration");
  command(config, "show", "What the running daemon uses, defaults included, secrets cut", context,
          show);
  const auto file = std::make_shared<std::string>();
  CLI::App& check = command(config, "validate", "Checks a file as 'runard --check' does", context,
                            [file](Session& session) { return validate(session, *file); });
  check.add_option("file", *file, "The YAML file")->required();
  const auto key = std::make_shared<std::string>();
  CLI::App& about = command(config, "explain", "What a key means, or all of them", context,
                            [key](Session& session) { return explain(session, *key); });
  about.add_option("key", *key, "\"limits.payload\"");
}

}  // namespace runard::ctl
