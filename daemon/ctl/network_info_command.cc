// runarctl network info: a network's keys as the running node sees them.
#include <boost/json.hpp>
#include <memory>

#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/key_age.h"
#include "ctl/payload_option.h"
#include "identity/time_text.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

std::string time_of(const json::value& ms) {
  const auto since = ms.to_number<std::int64_t>();
  return since == 0 ? "" : identity::time_text(core::WallTime(std::chrono::milliseconds(since)));
}

int info(Session& session, const std::string& network) {
  json::object params{{"path", network + ":$keys/network"},
                      {"timeout_ns", std::chrono::nanoseconds(kAskTimeout).count()},
                      {"node", ""}};
  const Answer answer = ask(session, "call", std::move(params));
  if (!answer.result) {
    return answer.exit;
  }
  const json::value shown = shown_value(*answer.result);
  if (!shown.is_object()) {
    return session.fail(core::fail(core::Errc::kProtocol, "the daemon's answer is no map"));
  }
  json::object record = shown.as_object();
  if (session.json()) {
    session.print("network_keys", record);
    return kExitOk;
  }
  json::array rows = record["versions"].as_array();
  for (json::value& row : rows) {
    json::object& version = row.as_object();
    version["activates"] = time_of(version["activates_ms"]);
    version["retires"] = time_of(version["retires_ms"]);
    version["lacking"] = version["lacking"].as_array().size();
  }
  record.erase("versions");
  session.print("network_keys", record);
  session.out << '\n';
  session.print_list("network_keys", "versions", rows,
                     {"version", "state", "held", "activates", "retires", "lacking"});
  if (const std::string advice = age_advice(rows, network, session.clock.wall()); !advice.empty()) {
    session.say(advice);
  }
  return kExitOk;
}

}  // namespace

void add_network_info_command(CLI::App& app, const CommandContext& context) {
  CLI::App& network = group(app, "network", "Networks of the mesh and their keys");
  const auto name = std::make_shared<std::string>();
  CLI::App& made = command(network,
                           {"info", "Shows the versions of a network's key, and who lacks one",
                            "runarctl network info main"},
                           context, [name](Session& session) { return info(session, *name); });
  made.add_option("name", *name, "The network's name")->required()->type_name(value_name::kNetwork);
}

}  // namespace runard::ctl
