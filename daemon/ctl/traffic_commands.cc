// runarctl call, pub, sub.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "admin/base64.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/payload_option.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

struct CallOptions {
  std::string path;
  PayloadText payload;
  std::string timeout = "5s";
  std::string node;
};

struct PubOptions {
  std::string topic;
  PayloadText payload;
  std::string retain;
  std::string target;
  bool local = false;
  bool guaranteed = false;
};

struct SubOptions {
  std::string pattern;
  std::string group;
  std::string past;
  std::uint64_t count = 0;
};

// The payload of an answer or event, as JSON when that is asked for.
std::string shown(const json::object& from, bool as_json) {
  const auto bytes = admin::from_base64(text_of(from, "payload"));
  return payload_to_text(bytes.value_or(core::Bytes{}), text_of(from, "encoding"), as_json);
}

json::value shown_value(const json::object& from) {
  boost::system::error_code error;
  json::value value = json::parse(shown(from, true), error);
  return error ? json::value(shown(from, false)) : value;
}

int call(Session& session, const CallOptions& options) {
  const auto payload = payload_of(session, options.payload);
  const auto timeout = parse_duration_option("--timeout", options.timeout);
  if (!payload.has_value() || !timeout.has_value()) {
    return session.fail(!payload.has_value() ? payload.error() : timeout.error());
  }
  json::object params = payload_params(*payload);
  params["path"] = options.path;
  params["timeout_ns"] = timeout->count();
  params["node"] = options.node;
  // The daemon ends the call at its deadline; the second more is for its answer to get here.
  const Answer answer = ask(session, "call", std::move(params), *timeout + std::chrono::seconds(1));
  if (!answer.result) {
    return answer.exit;
  }
  const json::object& result = *answer.result;
  if (session.json()) {
    session.print("call", {{"result", shown_value(result)},
                           {"served_by", result.at("served_by")},
                           {"elapsed_ns", result.at("elapsed_ns")}});
    return kExitOk;
  }
  const std::string served_by = text_of(result, "served_by");
  session.out << shown(result, false) << '\n';
  session.say(fmt::format(" {}, {}", served_by.empty() ? "this node" : "node " + served_by,
                          duration_text(result.at("elapsed_ns").to_number<long long>())));
  return kExitOk;
}

int pub(Session& session, const PubOptions& options) {
  const auto payload = payload_of(session, options.payload);
  const auto retain =
      parse_duration_option("--retain", options.retain.empty() ? "0s" : options.retain);
  if (!payload.has_value() || !retain.has_value()) {
    return session.fail(!payload.has_value() ? payload.error() : retain.error());
  }
  json::object params = payload_params(*payload);
  params["topic"] = options.topic;
  params["retain_ns"] = retain->count();
  params["target"] = options.target;
  params["local"] = options.local;
  params["guaranteed"] = options.guaranteed;
  const Answer answer = ask(session, "publish", std::move(params));
  if (!answer.result) {
    return answer.exit;
  }
  if (session.json()) {
    session.print("publish", *answer.result);
  } else {
    session.say(fmt::format(" reached {} subscriptions and nodes",
                            answer.result->at("reached").to_number<long long>()));
  }
  return kExitOk;
}

void show_event(Session& session, const json::object& event) {
  if (session.json()) {
    json::object line = event;
    line["schema"] = "runar.event.v1";
    line["payload"] = shown_value(event);
    session.out << json::serialize(line) << '\n' << std::flush;  // for a pipe's reader
    return;
  }
  if (event.at("gap").as_bool()) {
    session.say(" events were lost here: this terminal reads slower than they come");
  }
  session.out << fmt::format("{}  {}  {}{}", text_of(event, "published"), text_of(event, "topic"),
                             shown(event, false),
                             event.at("retained").as_bool() ? "  (retained)" : "")
              << '\n'
              << std::flush;
}

int sub(Session& session, const SubOptions& options) {
  const auto past = parse_duration_option("--past", options.past.empty() ? "0s" : options.past);
  if (!past) {
    return session.fail(past.error());
  }
  ControlClient client;
  if (const auto connected = client.connect(session.socket); !connected) {
    return session.fail(connected.error());
  }
  std::uint64_t seen = 0;
  const auto ended = client.follow(
      {{"pattern", options.pattern}, {"group", options.group}, {"past_ns", past->count()}},
      [&](const json::object& event) {
        show_event(session, event);
        return !session.out.fail() && ++seen != options.count;
      });
  return ended.has_value() ? kExitOk : tell(session, ended.error());
}

}  // namespace

void add_traffic_commands(CLI::App& app, const CommandContext& context) {
  const auto call_options = std::make_shared<CallOptions>();
  CLI::App& made =
      command(app, "call", "Calls an action and prints its result", context,
              [call_options](Session& session) { return call(session, *call_options); });
  made.add_option("path", call_options->path, "The action: \"math/add\" or \"network:math/add\"")
      ->required();
  add_payload(made, call_options->payload);
  made.add_option("--timeout", call_options->timeout, "How long to wait")->capture_default_str();
  made.add_option("--node", call_options->node, "Only this node may answer: its name or id");

  const auto pub_options = std::make_shared<PubOptions>();
  CLI::App& publish =
      command(app, "pub", "Publishes an event", context,
              [pub_options](Session& session) { return pub(session, *pub_options); });
  publish.add_option("topic", pub_options->topic, "Its topic: \"math/result\"")->required();
  add_payload(publish, pub_options->payload);
  publish.add_option("--retain", pub_options->retain, "Keep it for later subscribers: 60s");
  publish.add_option("--target", pub_options->target, "Only to this node: its name or id");
  publish.add_flag("--local", pub_options->local, "Only to subscribers on this node");
  publish.add_flag("--guaranteed", pub_options->guaranteed,
                   "Store it and deliver it at least once (not in this version)");

  const auto sub_options = std::make_shared<SubOptions>();
  CLI::App& subscribe =
      command(app, "sub", "Prints events as they come, until interrupted", context,
              [sub_options](Session& session) { return sub(session, *sub_options); });
  subscribe
      .add_option("pattern", sub_options->pattern, "\"math/*\", \"users/{id}/profile\", \"logs/>\"")
      ->required();
  subscribe.add_option("--group", sub_options->group, "One member of a group gets each event");
  subscribe.add_option("--past", sub_options->past, "Retained events up to this old first: 60s");
  subscribe.add_option("--count", sub_options->count, "End after so many events");
}

}  // namespace runard::ctl
