// runarctl bench call, bench local: the daemon makes the calls and measures them.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "admin/bench.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/payload_option.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

// The daemon ends a bench when its client goes: this only keeps a lost one from waiting for ever.
constexpr core::Duration kLongestBench = std::chrono::hours(24);

struct BenchOptions {
  std::string path;
  PayloadText payload;
  std::string node;
  std::uint64_t count = 10'000;
  std::uint32_t inflight = 1;
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
  made.add_option("--inflight", options->inflight, "How many of them at once")
      ->check(CLI::Range(std::uint32_t{1}, admin::Bench::kMaxInFlight))
      ->type_name(value_name::kNumber)
      ->capture_default_str();
  return made;
}

}  // namespace

void add_bench_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& benches = group(app, "bench", "Measures how fast actions answer");
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
            {"local", "The same on this node only, without the network",
             "runarctl bench local math/add a=2 b=3"},
            context, local);
}

}  // namespace runard::ctl
