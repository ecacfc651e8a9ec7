// The methods of ControlServer that measure: bench, bench_pub, bench_sub.

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/control_server.h"
#include "admin/params.h"
#include "routing/topic_path.h"

namespace runard::admin {
namespace json = boost::json;
using core::Errc;

namespace {

json::object render_bench(const BenchResult& result) {
  return {{"count", result.count},
          {"errors", result.errors},
          {"elapsed_ns", result.elapsed.count()},
          {"p50_ns", result.p50.count()},
          {"p90_ns", result.p90.count()},
          {"p99_ns", result.p99.count()},
          {"max_ns", result.max.count()}};
}

json::object render_pub_bench(const PubBenchResult& result) {
  return {{"count", result.count},
          {"busy", result.busy},
          {"published_ns", result.published.count()},
          {"elapsed_ns", result.elapsed.count()},
          {"received", result.seen.received},
          {"lost", result.seen.lost},
          {"misplaced", result.seen.misplaced}};
}

Later later_on(boost::asio::io_context& io) {
  return [&io](core::Duration delay, core::Task task) {
    if (delay <= core::Duration{0}) {
      boost::asio::post(io, [task = std::move(task)]() mutable { task(); });
      return;
    }
    auto timer = std::make_shared<boost::asio::steady_timer>(io, delay);
    timer->async_wait(
        [timer, task = std::move(task)](const boost::system::error_code& error) mutable {
          if (!error) {
            task();
          }
        });
  };
}

}  // namespace

void ControlServer::bench(const SessionPtr& session, std::uint64_t id, const Params& params) {
  const auto path =
      routing::TopicPath::parse(text_of(params, "path"), registry_.networks().front());
  auto payload = payload_of(params, options_.payload_limit);
  const auto target = node_of(params, "node", registry_);
  if (!path || !payload || !target) {
    session->send_error(id, !path ? path.error() : !payload ? payload.error() : target.error());
    return;
  }
  if (too_many_benches(session, id)) {
    return;
  }
  BenchOptions options;
  options.network = path->network();
  options.path = path->path();
  if (const auto typed = add_type({path->network(), path->path()}, *payload); !typed) {
    session->send_error(id, typed.error());
    return;
  }
  options.payload = std::move(*payload);
  options.target = flag_of(params, "local") ? registry_.local().node : *target;
  options.count = count_of(params, "count", 1);
  options.inflight = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count_of(params, "inflight", 1), UINT32_MAX));
  options.rate =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(count_of(params, "rate", 0), UINT32_MAX));
  options.timeout = options_.default_timeout;
  auto made = Bench::create(std::move(options), calls_, clock_, later_on(io_));
  if (!made) {
    session->send_error(id, made.error());
    return;
  }
  const auto run = benches_.insert(benches_.end(), {session, id, std::move(*made), nullptr});
  run->bench->start([this, run, session, id](const BenchResult& result) {
    if (result.first_error && result.errors == result.count) {
      session->send_error(id, *result.first_error);
    } else {
      session->send({{"id", id}, {"result", render_bench(result)}});
    }
    session->post([this, run] { benches_.erase(run); });
  });
}

bool ControlServer::too_many_benches(const SessionPtr& session, std::uint64_t id) const {
  if (benches_.size() < kMaxBenches) {
    return false;
  }
  session->send_error(id, core::fail(Errc::kOverloaded, "other benches are running"));
  return true;
}

core::Result<BenchTopic> ControlServer::bench_topic(const Params& params) const {
  const auto path =
      routing::TopicPath::parse(text_of(params, "topic"), registry_.networks().front());
  if (!path) {
    return path.error();
  }
  if (path->is_system()) {
    return core::fail(Errc::kReservedPath, "events on " + path->text() + " are the system's");
  }
  return BenchTopic{std::string(path->network()), std::string(path->path()),
                    flag_of(params, "local")};
}

void ControlServer::bench_pub(const SessionPtr& session, std::uint64_t id, const Params& params) {
  const auto topic = bench_topic(params);
  auto payload = payload_of(params, options_.payload_limit);
  if (!topic || !payload) {
    session->send_error(id, !topic ? topic.error() : payload.error());
    return;
  }
  if (too_many_benches(session, id)) {
    return;
  }
  PubBenchOptions options;
  options.topic = *topic;
  options.payload = std::move(*payload);
  options.count = count_of(params, "count", 1);
  auto bench = std::make_shared<PubBench>(std::move(options), broker_, clock_, later_on(io_));
  const auto run = benches_.insert(benches_.end(), {session, id, nullptr, bench});
  // No two runs that report at the same time have the same name.
  const std::string name = std::to_string(clock_.wall().time_since_epoch().count());
  const auto started = bench->start(name, [this, run, session, id](const PubBenchResult& result) {
    if (result.error) {
      session->send_error(id, *result.error);
    } else {
      session->send({{"id", id}, {"result", render_pub_bench(result)}});
    }
    session->post([this, run] { benches_.erase(run); });
  });
  if (!started) {
    benches_.erase(run);
    session->send_error(id, started.error());
  }
}

void ControlServer::bench_sub(const SessionPtr& session, std::uint64_t id, const Params& params) {
  Client& client = clients_[session];
  const auto topic = bench_topic(params);
  if (!topic) {
    session->send_error(id, topic.error());
    return;
  }
  if (client.counters.size() >= kMaxBenches || client.counters.contains(id)) {
    session->send_error(id, core::fail(Errc::kOverloaded, "other benches are running"));
    return;
  }
  const auto counter = std::make_shared<EventCounter>(
      broker_, clock_, later_on(io_), [session, id](const EventCount& count) {
        session->send({{"id", id}, {"event", render(count)}});
      });
  if (const auto opened = counter->open(*topic); !opened) {
    session->send_error(id, opened.error());
    return;
  }
  client.counters[id] = counter;
  session->send({{"id", id}, {"subscribed", true}});
}

void ControlServer::stop_benches(const SessionPtr& session, std::optional<std::uint64_t> id) {
  for (const BenchRun& run : benches_) {  // a run is taken out of the list later
    if (run.session != session || (id && run.id != *id)) {
      continue;
    }
    if (run.bench) {
      run.bench->stop();
    } else {
      run.events->stop();
    }
  }
}

}  // namespace runard::admin
