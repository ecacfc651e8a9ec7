// ControlServer: the control socket. Checks who connects, answers the methods of README.md.
//
// Runs on one io_context; outlives every call it made. The socket file is made with mode 0660 and
// the given group, after a stale one of a dead daemon was removed (never what is no socket); it is
// unlinked on stop.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "admin/bench.h"
#include "admin/pub_bench.h"
#include "admin/session.h"
#include "core/clock.h"
#include "core/function.h"
#include "core/log.h"
#include "core/slot_table.h"
#include "registry/registry.h"

namespace runard::admin {

struct ControlOptions {
  std::string path;   // "/run/runard/control.sock"
  std::string group;  // "": the daemon's own
  std::string version;
  core::Duration default_timeout = std::chrono::seconds(5);
  std::uint64_t payload_limit = 4U << 20;  // of a request or an event
};

// Comes once, on any thread.
using ControlAnswer = core::UniqueFunction<void(core::Result<boost::json::object>)>;

// Private fields of a request that were sealed to nobody on their way to that node: each field and
// labels. Any thread, once.
using WithheldOn = std::function<boost::json::array(const core::NodeId& node)>;

// What the server shows and does not know itself.
struct ControlSources {
  std::function<boost::json::object()> status;
  std::function<std::string()> config_yaml;
  std::function<std::string()> config_json;
  // Methods of other parts. False: it is none of them, and `answer` is still whole.
  std::function<bool(std::string_view method, const boost::json::object& params,
                     ControlAnswer& answer)>
      more;
  // Private fields; unset: this node has none.
  std::function<boost::json::array()> labels;
  // Who may read fields with the label, in that network (its name). kNotFound.
  std::function<core::Result<boost::json::object>(const std::string& label,
                                                  const std::string& network)>
      who_can;
  // The id of a type with that schema.
  std::function<core::Result<std::uint64_t>(const std::string& schema)> type_of;
  // A profile by its name or id. kNotFound.
  std::function<core::Result<core::ProfileId>(const std::string& name)> find_profile;
  // Before the request is made; null when it has no private fields. Keeps what it needs of it.
  std::function<WithheldOn(const rpc::Request& request)> withheld;
};

class EventStream;

class ControlServer final : private Requests, private rpc::Completion {
 public:
  static constexpr std::size_t kMaxClients = 64;
  static constexpr std::uint32_t kMaxInFlight = 256;  // of one client
  static constexpr std::size_t kMaxBenches = 4;       // of all clients

  ControlServer(boost::asio::io_context& io, ControlOptions options, ControlSources sources,
                rpc::Handler& calls, rpc::Broker& broker, const registry::Registry& registry,
                const core::Clock& clock, core::Log log);
  ~ControlServer() override;

  // kSystem with what the system said; kStateLocked when a live daemon answers on the path.
  core::Result<void> listen();
  void stop();

 private:
  using Params = boost::json::object;
  using SessionPtr = std::shared_ptr<Session>;
  struct Pending {
    SessionPtr session;
    std::uint64_t id = 0;
    core::TimePoint began{};
    WithheldOn withheld;  // null: nothing can be
  };
  struct BenchRun {
    SessionPtr session;
    std::uint64_t id = 0;
    std::unique_ptr<Bench> bench;      // of calls,
    std::shared_ptr<PubBench> events;  // or of events
  };
  struct Client {
    std::map<std::uint64_t, rpc::Ticket> calls;  // by request id
    std::map<std::uint64_t, std::shared_ptr<EventStream>> streams;
    std::map<std::uint64_t, std::shared_ptr<EventCounter>> counters;
  };

  void accept();
  void welcome(Session::Socket socket);
  bool may_talk(Session::Socket& socket) const;
  void handle(const SessionPtr& session, std::uint64_t id, std::string_view method,
              const Params& params) override;
  void closed(const SessionPtr& session) override;
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;
  void finished(const SessionPtr& session, std::uint64_t id);

  void hello(const SessionPtr& session, std::uint64_t id, const Params& params);
  void status(const SessionPtr& session, std::uint64_t id, const Params& params);
  void nodes(const SessionPtr& session, std::uint64_t id, const Params& params);
  void config(const SessionPtr& session, std::uint64_t id, const Params& params);
  void labels(const SessionPtr& session, std::uint64_t id, const Params& params);
  void who_can(const SessionPtr& session, std::uint64_t id, const Params& params);
  // What the action says of private fields holds for a caller without types, too.
  core::Result<void> add_type(routing::TopicView path, rpc::Payload& payload) const;
  core::Result<core::ProfileId> find_profile(const std::string& name) const;
  // Zero when the parameter is not there. kNotFound.
  core::Result<core::ProfileId> profile_of(const Params& params, std::string_view key) const;
  // A list of profiles. kNotFound; kInvalidArgument: no list, or more than rpc::kMaxRecipients.
  core::Result<std::vector<core::ProfileId>> recipients_of(const Params& params) const;
  void providers(const SessionPtr& session, std::uint64_t id, const Params& params);
  void call(const SessionPtr& session, std::uint64_t id, const Params& params);
  void publish(const SessionPtr& session, std::uint64_t id, const Params& params);
  void subscribe(const SessionPtr& session, std::uint64_t id, const Params& params);
  void cancel(const SessionPtr& session, std::uint64_t id, const Params& params);
  void bench(const SessionPtr& session, std::uint64_t id, const Params& params);
  void bench_pub(const SessionPtr& session, std::uint64_t id, const Params& params);
  void bench_sub(const SessionPtr& session, std::uint64_t id, const Params& params);
  bool too_many_benches(const SessionPtr& session, std::uint64_t id) const;
  core::Result<BenchTopic> bench_topic(const Params& params) const;
  // Those of a client; with `id`, only the one of that request.
  void stop_benches(const SessionPtr& session, std::optional<std::uint64_t> id = {});

  boost::asio::io_context& io_;
  const ControlOptions options_;
  const ControlSources sources_;
  rpc::Handler& calls_;
  rpc::Broker& broker_;
  const registry::Registry& registry_;
  const core::Clock& clock_;
  const core::Log log_;
  gid_t group_ = 0;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  core::SlotTable<Pending> pending_;
  std::map<SessionPtr, Client> clients_;
  std::list<BenchRun> benches_;
};

}  // namespace runard::admin
