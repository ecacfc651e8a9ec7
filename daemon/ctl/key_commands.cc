// runarctl key rotate: a new agreement key for the running node.
#include <boost/json.hpp>
#include <memory>

#include "ctl/ask.h"
#include "ctl/command.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

int rotate(Session& session) {
  json::object params{{"path", "$keys/rotate"},
                      {"timeout_ns", std::chrono::nanoseconds(kAskTimeout).count()},
                      {"node", ""}};
  const Answer answer = ask(session, "call", std::move(params));
  if (!answer.result) {
    return answer.exit;
  }
  const json::value* result = answer.result->if_contains("result");
  session.print("key", {{"kind", "agreement"},
                        {"version", result != nullptr && result->is_object()
                                        ? result->as_object().at("version")
                                        : json::value()}});
  session.say(
      "Let the CA know it: runarctl node csr, then ca sign and node install as for a renewal. The "
      "old key goes on opening for 14 days.");
  return kExitOk;
}

}  // namespace

void add_key_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& key = group(app, "key", "The keys of this node");
  command(key, {"rotate", "Makes a new agreement key for the running node", "runarctl key rotate"},
          context, [](Session& session) { return rotate(session); });
}

}  // namespace runard::ctl
