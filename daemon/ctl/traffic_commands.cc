// runarctl call, pub, sub.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "ctl/advice.h"
#include "ctl/ask.h"
#include "ctl/call_all.h"
#include "ctl/command.h"
#include "ctl/json_text.h"
#include "ctl/payload_option.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

// Without --timeout the daemon ends the call: this only keeps a lost one from waiting for ever.
constexpr core::Duration kLongestCall = std::chrono::hours(24);

struct CallOptions {
  std::string path;
  PayloadText payload;
  std::string timeout;  // "": as the action or the daemon has it
  std::string node;
  std::string profile;
  std::vector<std::string> recipients;
  std::vector<std::string> meta;
  bool all = false;
};

struct PubOptions {
  std::string topic;
  PayloadText payload;
  std::string retain;
  std::string target;
  std::string owner;
  std::vector<std::string> meta;
  bool local = false;
  bool guaranteed = false;
};

struct SubOptions {
  std::string pattern;
  std::string group;
  std::string past;
  std::uint64_t count = 0;
};

// "K=V" each, into the "meta" of what is sent. kUsage.
core::Result<void> add_meta_params(json::object& params, const std::vector<std::string>& pairs) {
  json::object meta;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return core::fail(Errc::kUsage, fmt::format("--meta: \"{}\" is not NAME=TEXT", pair));
    }
    meta[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (!meta.empty()) {
    params["meta"] = std::move(meta);
  }
  return {};
}

void add_meta(CLI::App& made, std::vector<std::string>& meta, const std::string& of) {
  made.add_option("--meta", meta, "Metadata of the " + of + ", NAME=TEXT; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME=TEXT");
}

// "node edge-2"; its id when it has left meanwhile.
std::string node_text(const Session& session, const std::string& id) {
  if (id.empty()) {
    return "this node";
  }
  if (const auto nodes = session.quiet ? std::nullopt : ask_quietly(session, "nodes")) {
    for (const json::value& node : nodes->at("nodes").as_array()) {
      if (text_of(node.as_object(), "node") == id) {
        return node.at("local").as_bool() ? "this node"
                                          : "node " + text_of(node.as_object(), "name");
      }
    }
  }
  return "node " + id;
}

// Private fields that stayed here, because nobody could be found who may read them.
json::array withheld_of(const json::object& result) {
  const json::value* withheld = result.if_contains("withheld");
  return withheld == nullptr ? json::array{} : withheld->as_array();
}

void tell_withheld(Session& session, const json::object& result) {
  for (const json::value& one : withheld_of(result)) {
    const auto labels = json::value_to<std::vector<std::string>>(one.as_object().at("labels"));
    session.say(fmt::format(" {}: sealed to nobody (label {}); the service does not get it",
                            text_of(one.as_object(), "field"), fmt::join(labels, ", ")));
  }
}

int call(Session& session, const CallOptions& options) {
  const auto payload = payload_of(session, options.payload);
  if (!payload) {
    return fail_payload(session, payload.error());
  }
  const bool own_time = !options.timeout.empty();
  const auto timeout = own_time ? parse_duration_option("--timeout", options.timeout)
                                : core::Result<core::Duration>(core::Duration{0});
  if (!timeout) {
    return session.fail(timeout.error());
  }
  if (own_time && *timeout <= core::Duration{0}) {
    return session.fail(core::fail(Errc::kUsage, "--timeout: a call needs some time, write 5s"));
  }
  json::object params = payload_params(*payload, options.payload);
  params["path"] = options.path;
  params["timeout_ns"] = timeout->count();
  params["node"] = options.node;
  params["profile"] = options.profile;
  if (!options.recipients.empty()) {
    params["recipients"] = json::value_from(options.recipients);
  }
  if (const auto added = add_meta_params(params, options.meta); !added) {
    return session.fail(added.error());
  }
  // The daemon ends the call at its deadline; the second more is for its answer to get here.
  const core::Duration wait = own_time ? *timeout + std::chrono::seconds(1) : kLongestCall;
  if (options.all) {
    return call_all(session, params, wait);
  }
  const Answer answer = ask(session, "call", std::move(params), wait);
  if (!answer.result) {
    return answer.exit;
  }
  const json::object& result = *answer.result;
  if (session.json()) {
    session.print("call", {{"result", shown_value(result)},
                           {"served_by", result.at("served_by")},
                           {"elapsed_ns", result.at("elapsed_ns")},
                           {"withheld", withheld_of(result)}});
    return kExitOk;
  }
  session.out << shown(result, false) << '\n';
  session.say(fmt::format(" {}, {}", node_text(session, text_of(result, "served_by")),
                          duration_text(result.at("elapsed_ns").to_number<long long>())));
  tell_withheld(session, result);
  return kExitOk;
}

int pub(Session& session, const PubOptions& options) {
  const auto payload = payload_of(session, options.payload);
  if (!payload) {
    return fail_payload(session, payload.error());
  }
  const auto retain =
      parse_duration_option("--retain", options.retain.empty() ? "0s" : options.retain);
  if (!retain) {
    return session.fail(retain.error());
  }
  json::object params = payload_params(*payload, options.payload);
  params["topic"] = options.topic;
  params["retain_ns"] = retain->count();
  params["target"] = options.target;
  params["owner"] = options.owner;
  params["local"] = options.local;
  params["guaranteed"] = options.guaranteed;
  if (const auto added = add_meta_params(params, options.meta); !added) {
    return session.fail(added.error());
  }
  const Answer answer = ask(session, "publish", std::move(params));
  if (!answer.result) {
    return answer.exit;
  }
  if (session.json()) {
    session.print("publish", *answer.result);
  } else {
    const auto reached = answer.result->at("reached").to_number<long long>();
    const std::string kept =
        retain->count() > 0 ? fmt::format("; kept for {}", options.retain) : std::string();
    session.say(reached == 0 ? fmt::format(" nobody subscribes to it{}", kept)
                             : fmt::format(" reached {} (subscriptions here, and other nodes){}",
                                           reached, kept));
  }
  return kExitOk;
}

void show_event(Session& session, const json::object& event) {
  if (session.json()) {
    json::object line = event;
    line["schema"] = "runar.event.v1";
    line["payload"] = shown_value(event);
    session.out << json_text(line) << '\n' << std::flush;  // for a pipe's reader
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
    return tell_unreachable(session, connected.error());
  }
  std::uint64_t seen = 0;
  const auto ended = client.follow(
      "subscribe",
      {{"pattern", options.pattern}, {"group", options.group}, {"past_ns", past->count()}},
      [&](const json::object& event) {
        show_event(session, event);
        return !session.out.fail() && ++seen != options.count;
      });
  return ended.has_value() ? kExitOk : tell(session, ended.error(), {options.pattern, ""});
}

void add_call(CLI::App& app, const CommandContext& context) {
  const auto options = std::make_shared<CallOptions>();
  CLI::App& made = command(
      app, {"call", "Calls an action and prints its result", "runarctl call math/add a=2 b=3"},
      context, [options](Session& session) { return call(session, *options); });
  made.add_option("path", options->path, "The action: \"math/add\" or \"network:math/add\"")
      ->required()
      ->type_name(value_name::kAction);
  add_payload(made, options->payload);
  made.add_option("--timeout", options->timeout,
                  "How long to wait: 2s; else as long as the action wants, or request_timeout")
      ->type_name(value_name::kTime);
  CLI::Option* node =
      made.add_option("--node", options->node, "Only this node may answer: its name or id")
          ->type_name(value_name::kNode);
  made.add_option("--profile", options->profile,
                  "Ask for this profile, whose private fields it then may read: its name or id")
      ->type_name(value_name::kProfile);
  made.add_option("--recipient", options->recipients,
                  "Seal private fields of the request to this profile, too, where a rule releases "
                  "them to it: its name or id; may be repeated")
      ->allow_extra_args(false)
      ->type_name(value_name::kProfile);
  add_meta(made, options->meta, "request");
  made.add_flag("--all", options->all, "Every node that provides it answers")->excludes(node);
}

void add_pub(CLI::App& app, const CommandContext& context) {
  const auto options = std::make_shared<PubOptions>();
  CLI::App& made = command(
      app,
      {"pub", "Publishes an event", "runarctl pub news/today headline=\"it works\" --retain 60s"},
      context, [options](Session& session) { return pub(session, *options); });
  made.add_option("topic", options->topic, "Its topic: \"math/result\"")
      ->required()
      ->type_name("TOPIC");
  add_payload(made, options->payload);
  made.add_option("--retain", options->retain, "Keep it so long for later subscribers")
      ->type_name(value_name::kTime);
  made.add_option("--target", options->target, "Only to this node: its name or id")
      ->type_name(value_name::kNode);
  made.add_option("--owner", options->owner, "Whose data it is: a profile's name or id")
      ->type_name(value_name::kProfile);
  add_meta(made, options->meta, "event");
  made.add_flag("--local", options->local, "Only to subscribers on this node");
  made.add_flag("--guaranteed", options->guaranteed,
                "Store it and deliver it at least once (not in this version)");
}

void add_sub(CLI::App& app, const CommandContext& context) {
  const auto options = std::make_shared<SubOptions>();
  CLI::App& made = command(app,
                           {"sub", "Prints events as they come, until interrupted",
                            "runarctl sub 'news/>' --past 60s --count 1"},
                           context, [options](Session& session) { return sub(session, *options); });
  made.add_option("pattern", options->pattern,
                  "\"math/*\", \"users/{id}/profile\", \"logs/>\"; in quotes, for the shell's sake")
      ->required()
      ->type_name("PATTERN");
  made.add_option("--group", options->group, "One member of a group gets each event")
      ->type_name(value_name::kText);
  made.add_option("--past", options->past, "First those that were retained in the last TIME")
      ->type_name(value_name::kTime);
  made.add_option("--count", options->count, "End after so many events")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{INT64_MAX}))
      ->type_name(value_name::kNumber);
}

}  // namespace

void add_traffic_commands(CLI::App& app, const CommandContext& context) {
  add_call(app, context);
  add_pub(app, context);
  add_sub(app, context);
}

}  // namespace runard::ctl
