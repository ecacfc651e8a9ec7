#include "node/daemon.h"

#include <fmt/format.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <filesystem>

#include "identity/disk.h"
#include "identity/state_dir.h"
#include "node/config_reload.h"
#include "node/issuer_start.h"
#include "node/keystore_start.h"
#include "node/local_node.h"
#include "node/mesh_node.h"
#include "node/notify.h"
#include "policy/from_config.h"

namespace runard::node {
namespace {

using core::Errc;

// While services start, the supervisor is asked every kTold for kPatience more: how long that takes
// is bounded by their own timeouts, which may add up to more than the unit's.
constexpr core::Duration kTold = std::chrono::seconds(2);
constexpr core::Duration kPatience = std::chrono::seconds(20);

// Which exit code tells the supervisor what to do about a failed start.
Exit exit_of(const core::Error& error) {
  switch (error.code) {
    case Errc::kStateLocked:
    case Errc::kAddressInUse:
      return kTryLater;
    case Errc::kIdentityMissing:
    case Errc::kIdentityUnreadable:
    case Errc::kFileMode:
    case Errc::kCaMissing:
    case Errc::kKeystoreMissing:
    case Errc::kKeystoreDamaged:
    case Errc::kKeystoreUnsupported:
    case Errc::kKeystoreKek:
    case Errc::kNotFound:
    case Errc::kConflict:
    case Errc::kConfigInvalid:
      return kConfigWrong;
    default:
      return core::info(error.code).kind == core::Kind::kDenied ? kConfigWrong : kFailed;
  }
}

class Daemon {
 public:
  Daemon(const Environment& environment, config::Config config, core::Log log)
      : environment_(environment),
        config_(std::move(config)),
        log_(std::move(log)),
        notify_(environment.notify_socket),
        control_(io_),
        context_{io_, control_, clock_, random_, log_, environment.version},
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        reload_(
            control_, log_, environment.load,
            [this](core::Task task) {
              boost::asio::post(files_, [task = std::move(task)]() mutable { task(); });
            },
            [this](const config::Config& wanted) { return take(wanted); }) {}

  int run();

 private:
  core::Result<void> start();
  core::Result<void> open_mesh(std::uint64_t epoch);
  void join();
  void ask_patience();
  void ready();
  void reload(ConfigReload::Done done);
  core::Result<void> take(const config::Config& config);
  void wait_for_signal();
  void on_signal(int signal);
  void drain();
  void leave();
  void ended(Exit exit);

  const Environment environment_;
  config::Config config_;  // a reload changes authorization, encryption, settings of services
  const core::Log log_;
  const Notify notify_;
  core::SystemClock clock_;
  core::SystemRandom random_;
  identity::SystemDisk disk_;
  boost::asio::io_context io_{1};
  AsioExecutor control_;
  const Context context_;
  boost::asio::signal_set signals_;
  std::optional<identity::StateDir> state_;
  std::optional<keys::Keystore> keystore_;  // of a node with an identity
  std::unique_ptr<MeshNode> mesh_;  // after the local half, whose registry holds its handlers
  std::optional<LocalNode> local_;
  ConfigReload reload_;
  boost::asio::thread_pool files_{1};  // reads the configuration again; joined first
  core::TimerId patience_ = 0;
  bool ready_ = false;  // the services have started
  bool stopping_ = false;
  Exit exit_ = kStopped;
};

core::Result<void> Daemon::start() {
  std::error_code made;
  std::filesystem::create_directories(config_.node.state_dir, made);
  if (made) {
    return core::fail(Errc::kConfigInvalid, fmt::format("node.state_dir: {} can't be made: {}",
                                                        config_.node.state_dir, made.message()));
  }
  // Somebody else's folder is reported by open().
  std::filesystem::permissions(config_.node.state_dir, std::filesystem::perms::owner_all, made);
  auto state = identity::StateDir::open(disk_, config_.node.state_dir);
  if (!state) {
    return state.error();
  }
  state_.emplace(std::move(*state));
  const auto epoch = state_->next_epoch();
  if (!epoch) {
    return epoch.error();
  }
  local_.emplace(context_, config_, *epoch);
  local_->on_control([this](std::string_view method, const boost::json::object&,
                            admin::ControlAnswer& answer) {
    if (method != "reload") {
      return false;
    }
    reload([answer = std::move(answer)](const core::Result<void>& result) mutable {
      answer(result ? core::Result<boost::json::object>(boost::json::object()) : result.error());
    });
    return true;
  });
  if (!config_.local_only()) {
    if (auto opened = open_mesh(*epoch); !opened) {
      return opened;
    }
  }
  // It may be ready within this call; the mesh is joined before that is told.
  auto started = local_->start([this] { control_.post([this] { ready(); }); });
  if (!started) {
    return started;
  }
  ask_patience();
  join();
  return {};
}

core::Result<void> Daemon::open_mesh(std::uint64_t epoch) {
  auto keystore = open_keystore({disk_, clock_, random_}, config_, environment_.credentials_folder,
                                log_.component("keys"));
  if (!keystore) {
    return keystore.error();
  }
  keystore_.emplace(std::move(*keystore));
  if (!environment_.memory_locked) {
    log_.warn("the memory for keys is not locked: it may get into the swap space",
              {core::field(
                  "do", "allow 160 MiB of locked memory (LimitMEMLOCK=160M, ulimit -l 163840)")});
  }
  const auto passphrase = ca_passphrase(config_, environment_.credentials_folder);
  if (!passphrase) {
    return passphrase.error();
  }
  auto mesh = MeshNode::make(context_, config_,
                             {*state_, *keystore_, epoch, *passphrase, environment_.memory_locked},
                             *local_);
  if (!mesh) {
    return mesh.error();
  }
  mesh_ = std::move(*mesh);
  return {};
}

// While the node's services start: one that needs another node in its start finds it, and peers
// hear of each service when it runs.
void Daemon::join() {
  if (!mesh_) {
    return;
  }
  if (const auto started = mesh_->start(); !started) {
    log_.error("the mesh can't be joined", {core::field("why", core::describe(started.error()))});
    ended(kConfigWrong);
  }
}

void Daemon::ask_patience() {
  patience_ = control_.after(kTold, [this] {
    notify_.extend(kPatience, fmt::format("services start: {} of {} run",
                                          local_->running_services(), config_.service_count()));
    ask_patience();
  });
}

void Daemon::ready() {
  control_.cancel(patience_);
  if (stopping_) {
    return;  // told to stop while services started
  }
  ready_ = true;
  const std::size_t services = config_.service_count();
  const std::size_t running = local_->running_services();
  log_.info("ready", {core::field("services", services), core::field("running", running),
                      core::field("mode", mesh_ ? "mesh" : "local-only")});
  notify_.ready(fmt::format("{} of {} services run", running, services));
}

int Daemon::run() {
  wait_for_signal();
  if (const auto started = start(); !started) {
    log_.error("cannot start",
               {core::field("why", core::describe(started.error())),
                core::field("do", std::string(core::info(started.error().code).remedy))});
    return exit_of(started.error());
  }
  const auto work = boost::asio::make_work_guard(io_);
  io_.run();
  control_.cancel_all();
  if (mesh_) {
    mesh_->close();
  }
  local_.reset();
  return exit_;
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (!error) {
      wait_for_signal();
      on_signal(signal);
    }
  });
}

void Daemon::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload([](const core::Result<void>&) {});  // it is logged
    return;
  }
  if (stopping_) {
    log_.warn("told to stop a second time: stopping at once");
    ended(kFailed);
    return;
  }
  stopping_ = true;
  drain();
}

// What can fail comes first, so that all of it is taken or nothing.
core::Result<void> Daemon::take(const config::Config& config) {
  auto policy = policy::from_config(config.authorization);
  if (!policy) {
    return policy.error();
  }
  auto labels = local_->private_fields().next_labels(config.encryption);
  if (!labels) {
    return labels.error();
  }
  if (mesh_) {
    if (auto identity = mesh_->reload_identity(); !identity) {
      return identity;
    }
  }
  config_.authorization = config.authorization;
  config_.encryption = config.encryption;
  local_->gate().set_policy(std::move(*policy));
  local_->private_fields().set_labels(std::move(*labels));
  if (mesh_) {
    mesh_->rights_changed();
  }
  return {};
}

// Whoever asked is told whether it worked.
void Daemon::reload(ConfigReload::Done done) {
  if (stopping_ || !local_) {
    done(core::fail(Errc::kDraining, "the node is stopping"));
    return;
  }
  if (ready_) {  // or systemd would hear of an end of the start, too
    notify_.reloading();
  }
  local_->retry_files();
  reload_.begin(config_, local_->plugins(), [this, done = std::move(done)](auto result) mutable {
    if (result) {
      log_.info("reloaded", {core::field("rules", config_.authorization.rules.size())});
    }
    const char* outcome = result ? "reloaded" : "reloaded in part or not at all: see the log";
    ready_ ? notify_.ready(outcome) : notify_.status(outcome);
    done(std::move(result));
  });
}

// Peers are told first, so that they choose this node no more; what they have sent meanwhile is
// still done.
void Daemon::drain() {
  log_.info("stopping");
  control_.cancel(patience_);
  notify_.stopping();
  control_.after(config_.drain.deadline, [this] {
    log_.error("the drain deadline passed: stopping with work undone");
    ended(kFailed);
  });
  if (mesh_) {
    mesh_->drain();
  }
  control_.after(mesh_ ? config_.drain.grace : core::Duration{0}, [this] {
    local_->calls().drain();
    local_->stop([this] { leave(); });
  });
}

void Daemon::leave() {
  const auto stopped = [this] {
    log_.info("stopped");
    ended(kStopped);
  };
  if (mesh_) {
    mesh_->leave(stopped);
  } else {
    stopped();
  }
}

void Daemon::ended(Exit exit) {
  exit_ = exit;
  io_.stop();
}

}  // namespace

int run_daemon(const Environment& environment, const config::Config& config, core::Log log) {
  std::signal(SIGPIPE, SIG_IGN);
  Daemon daemon(environment, config, std::move(log));
  return daemon.run();
}

}  // namespace runard::node
