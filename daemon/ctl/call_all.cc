#include "ctl/call_all.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "ctl/advice.h"
#include "ctl/ask.h"
#include "ctl/payload_option.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using Reply = boost::system::result<json::object, ControlError>;

// Below what the daemon lets one client have in flight.
constexpr std::size_t kAtOnce = 64;

json::object error_record(const ControlError& error) {
  json::object record = error.details;
  record["code"] = core::code_text(error.error.code);
  record["message"] = core::sentence(error.error);
  return record;
}

json::object answer_of(const json::object& provider, const Reply& reply) {
  json::object answer = {{"node", provider.at("node")}, {"name", provider.at("name")}};
  if (reply.has_value()) {
    answer["result"] = shown_value(*reply);
    answer["elapsed_ns"] = reply->at("elapsed_ns");
    if (const json::value* withheld = reply->if_contains("withheld")) {
      answer["withheld"] = *withheld;
    }
  } else {
    answer["error"] = error_record(reply.error());
  }
  return answer;
}

void show(Session& session, const json::array& providers, const std::vector<Reply>& replies) {
  Table table({"NODE", "RESULT", "TOOK"});
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const std::string name = text_of(providers[i].as_object(), "name");
    const Reply& reply = replies[i];
    table.row({name, reply.has_value() ? shown(*reply, false) : describe(reply.error().error),
               reply.has_value() ? duration_text(reply->at("elapsed_ns").to_number<long long>())
                                 : std::string("-")});
  }
  table.print(session.out);
}

int exit_of(const std::vector<Reply>& replies) {
  const auto good = std::ranges::count_if(replies, [](const Reply& r) { return r.has_value(); });
  if (good == static_cast<std::ptrdiff_t>(replies.size())) {
    return kExitOk;
  }
  return good > 0 ? kExitPartial : exit_code(replies.front().error().error);
}

}  // namespace

int call_all(Session& session, const json::object& params, core::Duration timeout) {
  const Answer found = ask(session, "providers", {{"path", params.at("path")}});
  if (!found.result) {
    return found.exit;
  }
  const json::array& providers = found.result->at("providers").as_array();
  if (providers.empty()) {
    return ask(session, "call", params, timeout).exit;  // the daemon says why nobody can take it
  }
  ControlClient client;
  if (const auto connected = client.connect(session.socket); !connected) {
    return tell_unreachable(session, connected.error());
  }
  std::vector<Reply> replies;
  json::array answers;
  for (std::size_t i = 0; i < providers.size(); i += kAtOnce) {
    std::vector<json::object> calls;
    for (std::size_t j = i; j < std::min(providers.size(), i + kAtOnce); ++j) {
      calls.push_back(params);
      calls.back()["node"] = providers[j].at("node");
    }
    for (Reply& reply : client.ask_each("call", std::move(calls), timeout)) {
      answers.push_back(answer_of(providers[replies.size()].as_object(), reply));
      replies.push_back(std::move(reply));
    }
  }
  if (session.json()) {
    session.print("call_all", {{"answers", std::move(answers)}});
  } else {
    show(session, providers, replies);
  }
  return exit_of(replies);
}

}  // namespace runard::ctl
