// runarctl key rotate: a new agreement key, or storage key, for the running node.
#include <boost/json.hpp>
#include <memory>

#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/payload_option.h"

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
  const json::value made = shown_value(*answer.result);
  const json::value* version = made.is_object() ? made.as_object().if_contains("version") : nullptr;
  session.print("key", {{"kind", storage ? "storage" : "agreement"},
                        {"version", version != nullptr ? *version : json::value()}});
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
  made.add_flag("--storage", *storage, "A new storage key instead: for what its services store");
}

}  // namespace runard::ctl
