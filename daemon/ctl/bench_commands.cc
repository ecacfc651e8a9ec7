// runarctl bench call, local, pub, sub: the daemon makes the traffic and measures it.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "admin/bench.h"
#include "admin/pub_bench.h"
#include "ctl/advice.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/json_text.h"
#include "ctl/payload_option.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

// The daemon ends a bench when its client goes: this only keeps a lost one from waiting for ever.
constexpr core::Duration kLongestBench = std::chrono::hours(24);

constexpr std::uint64_t kMostRuns = 1'000'000'000;

struct BenchOptions {
  std::string path;
  PayloadText payload;
  std::string node;
  std::uint64_t count = 10'000;
  std::uint32_t inflight = 1;
  std::uint32_t rate = 0;
  bool local = false;
};

long long number_of(const json::object& from, std::string_view key) {
  return from.at({key.data(), key.size()}).to_number<long long>();
}

json::object for_people(const json::object& result) {
  const double seconds = static_cast<double>(number_of(result, "elapsed_ns")) / 1e9;
  const auto calls = static_cast<double>(number_of(result, "count"));
  json::object shown{{"calls", result.at("count")},
                     {"errors", result.at("errors")},
                     {"took", duration_text(number_of(result, "elapsed_ns"))},
                     {"calls/s", fmt::format("{:.0f}", seconds > 0 ? calls / seconds : 0)}};
  for (const char* key : {"p50", "p90", "p99", "max"}) {
    shown[key] = duration_text(number_of(result, std::string(key) + "_ns"));
  }
  return shown;
}

int bench(Session& session, const BenchOptions& options) {
  const auto payload = payload_of(session, options.payload);
  if (!payload) {
    return fail_payload(session, payload.error());
  }
  json::object params = payload_params(*payload, options.payload);
  params["path"] = options.path;
  params["node"] = options.node;
  params["local"] = options.local;
  params["count"] = options.count;
  params["inflight"] = options.inflight;
  params["rate"] = options.rate;
  const Answer answer = ask(session, "bench", std::move(params), kLongestBench);
  if (!answer.result) {
    return answer.exit;
  }
  session.print("bench", session.json() ? *answer.result : for_people(*answer.result));
  return number_of(*answer.result, "errors") == 0 ? kExitOk : kExitPartial;
}

CLI::App& add_bench(CLI::App& parent, const About& about, const CommandContext& context,
                    const std::shared_ptr<BenchOptions>& options) {
  CLI::App& made = command(parent, about, context,
                           [options](Session& session) { return bench(session, *options); });
  made.add_option("path", options->path, "The action: \"math/add\" or \"network:math/add\"")
      ->required()
      ->type_name(value_name::kAction);
  add_payload(made, options->payload);
  made.add_option("--count", options->count, "How many calls")
      ->check(CLI::Range(std::uint64_t{1}, admin::Bench::kMaxCount))
      ->type_name(value_name::kNumber)
      ->capture_default_str();
  made.add_option("--rate", options->rate,
                  "Calls a second; without it, as fast as they are answered")
      ->check(CLI::Range(std::uint32_t{1}, admin::Bench::kMaxRate))
      ->type_name(value_name::kNumber);
  made.add_option("--inflight", options->inflight, "How many of them at once")
      ->check(CLI::Range(std::uint32_t{1}, admin::Bench::kMaxInFlight))
      ->type_name(value_name::kNumber)
      ->capture_default_str();
  return made;
}

struct PubBenchOptions {
  std::string topic;
  PayloadText payload;
  std::uint64_t count = 100'000;
  bool local = false;
};

struct SubBenchOptions {
  std::string topic;
  std::uint64_t count = 0;
};

std::string rate_text(const json::object& from, std::string_view events, std::string_view time) {
  const double seconds = static_cast<double>(number_of(from, time)) / 1e9;
  const auto count = static_cast<double>(number_of(from, events));
  return fmt::format("{:.0f}", seconds > 0 ? count / seconds : 0);
}

bool complete(const json::object& from) {
  return number_of(from, "lost") == 0 && number_of(from, "misplaced") == 0;
}

int bench_pub(Session& session, const PubBenchOptions& options) {
  const auto payload = payload_of(session, options.payload);
  if (!payload) {
    return fail_payload(session, payload.error());
  }
  json::object params = payload_params(*payload, options.payload);
  params["topic"] = options.topic;
  params["count"] = options.count;
  params["local"] = options.local;
  const Answer answer = ask(session, "bench_pub", std::move(params), kLongestBench);
  if (!answer.result) {
    return answer.exit;
  }
  const json::object& result = *answer.result;
  if (session.json()) {
    session.print("bench_pub", result);
  } else {
    session.print("bench_pub", {{"events", result.at("count")},
                                {"received", result.at("received")},
                                {"lost", result.at("lost")},
                                {"misplaced", result.at("misplaced")},
                                {"took", duration_text(number_of(result, "elapsed_ns"))},
                                {"events/s", rate_text(result, "received", "elapsed_ns")},
                                {"no room", result.at("busy")}});
  }
  const bool all = number_of(result, "received") == number_of(result, "count");
  return all && complete(result) ? kExitOk : kExitPartial;
}

int bench_sub(Session& session, const SubBenchOptions& options) {
  ControlClient client;
  if (const auto connected = client.connect(session.socket); !connected) {
    return tell_unreachable(session, connected.error());
  }
  std::uint64_t runs = 0;
  bool good = true;
  const auto ended =
      client.follow("bench_sub", {{"topic", options.topic}}, [&](const json::object& run) {
        good = good && complete(run);
        if (session.json()) {
          json::object line = run;
          line["schema"] = "runar.bench_run.v1";
          session.out << json_text(line) << '\n' << std::flush;  // one line at a time, for a pipe
        } else {
          session.out << fmt::format("{} events, {} lost, {} misplaced, in {}: {} events/s",
                                     number_of(run, "received"), number_of(run, "lost"),
                                     number_of(run, "misplaced"),
                                     duration_text(number_of(run, "elapsed_ns")),
                                     rate_text(run, "received", "elapsed_ns"))
                      << '\n'
                      << std::flush;
        }
        return !session.out.fail() && ++runs != options.count;
      });
  if (!ended.has_value()) {
    return tell(session, ended.error(), {options.topic, ""});
  }
  return good ? kExitOk : kExitPartial;
}

void add_event_benches(CLI::App& benches, const CommandContext& context) {
  const auto pub = std::make_shared<PubBenchOptions>();
  CLI::App& publish =
      command(benches,
              {"pub", "Publishes events as fast as they are taken",
               "runarctl bench pub bench/events n=1 --count 1000000 --local"},
              context, [pub](Session& session) { return bench_pub(session, *pub); });
  publish.add_option("topic", pub->topic, "Their topic: \"bench/events\"")
      ->required()
      ->type_name("TOPIC");
  add_payload(publish, pub->payload);
  publish.add_option("--count", pub->count, "How many events")
      ->check(CLI::Range(std::uint64_t{1}, admin::PubBench::kMaxCount))
      ->type_name(value_name::kNumber)
      ->capture_default_str();
  publish.add_flag("--local", pub->local,
                   "To this daemon itself; else to the node where bench sub runs");
  const auto sub = std::make_shared<SubBenchOptions>();
  CLI::App& subscribe =
      command(benches,
              {"sub", "Receives the events of bench pub, until interrupted",
               "runarctl bench sub bench/events"},
              context, [sub](Session& session) { return bench_sub(session, *sub); });
  subscribe.add_option("topic", sub->topic, "The topic that bench pub is given")
      ->required()
      ->type_name("TOPIC");
  subscribe.add_option("--count", sub->count, "End after so many runs")
      ->check(CLI::Range(std::uint64_t{1}, kMostRuns))
      ->type_name(value_name::kNumber);
}

}  // namespace

void add_bench_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& benches = group(app, "bench", "Measures how fast actions answer and events arrive");
  const auto call = std::make_shared<BenchOptions>();
  add_bench(benches,
            {"call", "Calls an action again and again, on any node",
             "runarctl bench call math/add a=2 b=3 --count 100000 --inflight 64"},
            context, call)
      .add_option("--node", call->node, "Only this node may answer: its name or id")
      ->type_name(value_name::kNode);
  const auto local = std::make_shared<BenchOptions>();
  local->local = true;
  add_bench(benches,
            {"local", "Calls an action of this node again and again, without the network",
             "runarctl bench local math/add a=2 b=3"},
            context, local);
  add_event_benches(benches, context);
}

}  // namespace runard::ctl
