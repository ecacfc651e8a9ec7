#include "admin/control_server.h"

#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <system_error>

#include "admin/event_stream.h"
#include "admin/render.h"

namespace runard::admin {
namespace asio = boost::asio;
using core::Errc;

namespace {

core::Error system_error(std::string_view what, const std::string& path, int code) {
  return core::fail(Errc::kSystem,
                    fmt::format("{} {}: {}", what, path, std::generic_category().message(code)));
}

// What a daemon that is gone left there, and nothing else: the path may be a slip of the pen.
core::Result<void> remove_stale(const std::string& path) {
  struct stat facts{};
  if (lstat(path.c_str(), &facts) != 0) {
    return {};  // nothing there, or bind says why
  }
  if (!S_ISSOCK(facts.st_mode)) {
    return core::fail(Errc::kSystem, "control.socket: " + path + " is there and is no socket");
  }
  unlink(path.c_str());  // if it can't be removed, bind says why
  return {};
}

// The group's number; none when the name is unknown.
std::optional<gid_t> group_id(const std::string& name) {
  group entry{};
  group* found = nullptr;
  char buffer[4096];
  if (getgrnam_r(name.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return entry.gr_gid;
}

// The credentials name the primary group only. The kernel knows the others: asking it needs no user
// database, and is right in a user namespace (systemd's PrivateUsers=), where the peer's user has
// no number but this daemon's group has.
bool is_member(int socket, gid_t group) {
  std::vector<gid_t> groups(64);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  int failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  if (failed != 0 && errno == ERANGE) {  // `size` says how much it takes
    groups.resize(size / sizeof(gid_t));
    failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  }
  const auto end = groups.begin() + static_cast<std::ptrdiff_t>(size / sizeof(gid_t));
  return failed == 0 && std::find(groups.begin(), end, group) != end;
}

}  // namespace

ControlServer::ControlServer(asio::io_context& io, ControlOptions options, ControlSources sources,
                             rpc::Handler& calls, rpc::Broker& broker,
                             const registry::Registry& registry, const core::Clock& clock,
                             core::Log log)
    : io_(io),
      options_(std::move(options)),
      sources_(std::move(sources)),
      calls_(calls),
      broker_(broker),
      registry_(registry),
      clock_(clock),
      log_(std::move(log)),
      acceptor_(io),
      pending_(kMaxClients * kMaxInFlight) {}

ControlServer::~ControlServer() {
  stop();
}

core::Result<void> ControlServer::listen() {
  using Endpoint = asio::local::stream_protocol::endpoint;
  if (options_.path.size() >= sizeof(sockaddr_un::sun_path)) {
    return core::fail(Errc::kInvalidArgument,
                      "control.socket: " + options_.path +
                          " is longer than the 107 bytes a socket path may have");
  }
  const Endpoint endpoint(options_.path);
  boost::system::error_code error;
  asio::local::stream_protocol::socket probe(io_);
  if (!probe.connect(endpoint, error)) {
    return core::fail(Errc::kStateLocked, "another runard answers on " + options_.path);
  }
  if (auto freed = remove_stale(options_.path); !freed) {
    return freed;
  }
  acceptor_.open(endpoint.protocol(), error);
  if (!error) {
    const mode_t old = umask(0117);
    acceptor_.bind(endpoint, error);
    umask(old);
  }
  if (error) {
    return core::fail(Errc::kSystem,
                      "cannot make the control socket " + options_.path + ": " + error.message());
  }
  group_ = getegid();
  if (!options_.group.empty()) {
    const auto group = group_id(options_.group);
    if (!group) {
      log_.warn("the control socket's group does not exist, only root and this user may talk",
                {core::field("group", options_.group)});
    } else if (chown(options_.path.c_str(), static_cast<uid_t>(-1), *group) == 0) {
      group_ = *group;
    } else {
      return system_error("cannot give the control socket its group:", options_.path, errno);
    }
  }
  acceptor_.listen(16, error);
  if (error) {
    return core::fail(Errc::kSystem, "cannot listen on " + options_.path + ": " + error.message());
  }
  accept();
  return {};
}

void ControlServer::stop() {
  if (!acceptor_.is_open()) {
    return;
  }
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  unlink(options_.path.c_str());
  std::vector<SessionPtr> sessions;
  for (const auto& [session, client] : clients_) {
    sessions.push_back(session);
  }
  for (const SessionPtr& session : sessions) {
    session->close();
  }
}

void ControlServer::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, Session::Socket socket) {
    if (error == asio::error::operation_aborted) {
      return;
    }
    if (!error) {
      welcome(std::move(socket));
    }
    accept();
  });
}

bool ControlServer::may_talk(Session::Socket& socket) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  return peer.uid == 0 || peer.uid == geteuid() || peer.gid == group_ ||
         is_member(socket.native_handle(), group_);
}

void ControlServer::welcome(Session::Socket socket) {
  const bool allowed = may_talk(socket);
  const auto session = std::make_shared<Session>(std::move(socket), static_cast<Requests&>(*this));
  if (!allowed || clients_.size() >= kMaxClients) {
    session->send_error(
        0, allowed
               ? core::fail(Errc::kOverloaded, "too many control clients")
               : core::fail(Errc::kDenied, "only root, the daemon's user and the group may talk"));
    session->close();
    return;
  }
  clients_.try_emplace(session);
  session->start();
}

void ControlServer::closed(const SessionPtr& session) {
  const auto at = clients_.find(session);
  if (at == clients_.end()) {
    return;
  }
  Client client = std::move(at->second);
  clients_.erase(at);
  for (const auto& [id, ticket] : client.calls) {
    calls_.cancel(ticket);
  }
  for (const auto& [id, stream] : client.streams) {
    stream->close();
  }
  for (const auto& [id, counter] : client.counters) {
    counter->close();
  }
  stop_benches(session);
}

void ControlServer::handle(const SessionPtr& session, std::uint64_t id, std::string_view method,
                           const Params& params) {
  if (!clients_.contains(session)) {
    return;  // closed: nobody would take an entry of its out again
  }
  using Method = void (ControlServer::*)(const SessionPtr&, std::uint64_t, const Params&);
  static constexpr std::pair<std::string_view, Method> kMethods[] = {
      {"hello", &ControlServer::hello},         {"status", &ControlServer::status},
      {"nodes", &ControlServer::nodes},         {"config", &ControlServer::config},
      {"providers", &ControlServer::providers}, {"call", &ControlServer::call},
      {"publish", &ControlServer::publish},     {"subscribe", &ControlServer::subscribe},
      {"cancel", &ControlServer::cancel},       {"bench", &ControlServer::bench},
      {"bench_pub", &ControlServer::bench_pub}, {"bench_sub", &ControlServer::bench_sub},
      {"labels", &ControlServer::labels},       {"who_can", &ControlServer::who_can}};
  const auto* at = std::find_if(std::begin(kMethods), std::end(kMethods),
                                [&](const auto& m) { return m.first == method; });
  ControlAnswer answer([session, id](const core::Result<boost::json::object>& result) {
    result ? session->send({{"id", id}, {"result", *result}})
           : session->send_error(id, result.error());
  });
  if (at == std::end(kMethods) && sources_.more && sources_.more(method, params, answer)) {
    return;
  }
  if (at == std::end(kMethods)) {
    session->send_error(id,
                        core::fail(Errc::kNotFound, "no method \"" + std::string(method) + "\""));
    return;
  }
  (this->*at->second)(session, id, params);
}

void ControlServer::hello(const SessionPtr& session, std::uint64_t id, const Params&) {
  const registry::NodeRows local = registry_.local();
  session->send({{"id", id},
                 {"result",
                  {{"version", options_.version},
                   {"protocol", 1},
                   {"name", local.name},
                   {"node", local.node.is_zero() ? std::string() : local.node.text()},
                   {"network", registry_.networks().front()},
                   {"networks", boost::json::value_from(registry_.networks())}}}});
}

void ControlServer::status(const SessionPtr& session, std::uint64_t id, const Params&) {
  session->send({{"id", id}, {"result", sources_.status()}});
}

void ControlServer::nodes(const SessionPtr& session, std::uint64_t id, const Params&) {
  boost::json::array rendered;
  bool local = true;  // the first is this node
  for (const registry::NodeRows& rows : registry_.nodes()) {
    rendered.push_back(render(rows, std::exchange(local, false)));
  }
  session->send({{"id", id}, {"result", {{"nodes", std::move(rendered)}}}});
}

void ControlServer::config(const SessionPtr& session, std::uint64_t id, const Params&) {
  session->send({{"id", id},
                 {"result", {{"yaml", sources_.config_yaml()}, {"json", sources_.config_json()}}}});
}

}  // namespace runard::admin
