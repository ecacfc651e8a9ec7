// runarctl key rotate: a new agreement key, or storage key, for the running node.
#include <boost/json.hpp>
#include <memory>

#include "ctl/ask.h"
#include "ctl/command.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

int rotate(Session& session, bool storage) {
  json::object params{{"path", storage ? "$keys/storage/rotate" : "$keys/rotate"},
                      {"timeout_ns", std::chrono::nanoseconds(kAskTimeout).count()},
                      {"node", ""}};
  const Answer answer = ask(session, "call", std::move(params));
  if (!answer.result) {
    return answer.exit;
  }
  const json::value* result = answer.result->if_contains("result");
  session.print("key", {{"kind", storage ? "storage" : "agreement"},
                        {"version", result != nullptr && result->is_object()
                                        ? result->as_object().at("version")
                                        : json::value()}});
  session.say(storage ? "What services stored before opens as ever."
                      : "Let the CA know it: runarctl node csr, then ca sign and node install as "
                        "for a renewal. The old key goes on opening until then, and 14 days.");
  return kExitOk;
}

}  // namespace

void add_key_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& key = group(app, "key", "The keys of this node");
  const auto storage = std::make_shared<bool>(false);
  CLI::App& made = command(
      key, {"rotate", "Makes a new agreement key for the running node", "runarctl key rotate"},
      context, [storage](Session& session) { return rotate(session, *storage); });
  made.add_flag("--storage", *storage, "A new key for what its services store instead");
}

}  // namespace runard::ctl
