#include "support/plugin_world.h"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>

#include "routing/topic_pattern.h"

namespace runard::test {

// ---- dispatcher and directory

rpc::Ticket TinyDispatcher::call(const rpc::Request& request, const rpc::Responder& responder) {
  if (const Table* const table = current_.load(std::memory_order_acquire)) {
    for (const Route& route : *table) {
      if (route.path == request.path && route.network == request.network) {
        rpc::Request matched = request;
        matched.pattern = route.path;
        matched.action = route.action;
        return route.endpoint->call(matched, responder);
      }
    }
  }
  rpc::Reply reply;
  reply.code = core::Errc::kNoService;
  reply.executed = core::Executed::kNo;
  responder(reply);
  return 0;
}

// Tickets are the endpoints' own: each ignores one that is not its.
void TinyDispatcher::cancel(rpc::Ticket ticket) {
  const Table* const table = current_.load(std::memory_order_acquire);
  for (const Route& route : table == nullptr ? Table() : *table) {
    route.endpoint->cancel(ticket);
  }
}

void TinyDispatcher::publish(Table next) {
  tables_.push_back(std::make_unique<const Table>(std::move(next)));
  current_.store(tables_.back().get(), std::memory_order_release);
}

void TinyDispatcher::put(const registry::ServiceRow& row, rpc::Handler& endpoint) {
  const std::lock_guard lock(mutex_);
  Table next = tables_.empty() ? Table() : *tables_.back();
  for (std::size_t i = 0; i < row.actions.size(); ++i) {
    next.push_back({row.network, row.path + "/" + row.actions[i].pattern, &endpoint,
                    static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(row.path.size())});
  }
  publish(std::move(next));
}

void TinyDispatcher::drop(const std::string& network, const std::string& path) {
  const std::lock_guard lock(mutex_);
  Table next = tables_.empty() ? Table() : *tables_.back();
  std::erase_if(next, [&](const Route& route) {
    return route.network == network && route.path.substr(0, route.mount) == path;
  });
  publish(std::move(next));
}

core::Result<void> TinyDirectory::reserve(plugin_host::InstanceId instance,
                                          const registry::ServiceRow& row) {
  const std::lock_guard lock(mutex_);
  if (row.path == taken) {
    return core::fail(core::Errc::kDuplicatePath, row.path);
  }
  rows_[instance] = row;
  return {};
}

core::Result<void> TinyDirectory::running(plugin_host::InstanceId, const registry::ServiceRow& row,
                                          rpc::Handler& endpoint) {
  const std::lock_guard lock(mutex_);
  endpoints[row.path] = &endpoint;
  dispatcher_.put(row, endpoint);
  return {};
}

void TinyDirectory::state_changed(plugin_host::InstanceId, const registry::ServiceRow& row) {
  const std::lock_guard lock(mutex_);
  std::string& text = history_[row.path];
  text += (text.empty() ? "" : " ") + std::string(registry::state_text(row.state));
}

void TinyDirectory::withdraw(plugin_host::InstanceId instance) {
  const std::lock_guard lock(mutex_);
  dispatcher_.drop(rows_[instance].network, rows_[instance].path);
  rows_.erase(instance);
}

std::string TinyDirectory::history(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return history_[path];
}

// ---- broker

class TinyBroker::Queue final : public rpc::EventQueue {
 public:
  Queue(TinyBroker& broker, rpc::SubscribeOptions options, routing::TopicPattern pattern,
        rpc::EventConsumer& consumer)
      : broker_(broker),
        options_(std::move(options)),
        pattern_(std::move(pattern)),
        consumer_(consumer) {}

  bool wants(const rpc::Event& event) const {
    return event.network == pattern_.network() && pattern_.matches_path(event.topic);
  }
  void push(rpc::EventPtr event) {
    const std::lock_guard lock(mutex_);
    if (closed_ || items_.size() >= 10) {
      closed_ = closed_ || options_.overflow == rpc::Overflow::kDisconnect;
      ++dropped_;
      if (closed_) {
        consumer_.ready();
      }
      return;
    }
    items_.push_back(std::move(event));
    consumer_.ready();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    consumer_.ready();
  }
  bool pop(rpc::Delivery& out) override {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) {
      return false;
    }
    out.event = items_.front();
    out.token = ++token_;
    items_.pop_front();
    return true;
  }
  void done(std::uint64_t, rpc::Verdict verdict) override {
    const std::lock_guard lock(broker_.mutex_);
    broker_.verdicts_.push_back(verdict);
  }
  bool closed() const override {
    const std::lock_guard lock(mutex_);
    return closed_ && items_.empty();
  }
  std::uint64_t dropped() const override { return dropped_; }

 private:
  TinyBroker& broker_;
  const rpc::SubscribeOptions options_;
  const routing::TopicPattern pattern_;
  rpc::EventConsumer& consumer_;
  mutable std::mutex mutex_;
  std::deque<rpc::EventPtr> items_;
  std::uint64_t token_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
  bool closed_ = false;
};

rpc::Receipt TinyBroker::publish(const rpc::Event& event, const rpc::PublishOptions& options) {
  retain_for = options.retain_for;
  rpc::Receipt receipt;
  if (options.guaranteed) {
    receipt.code = core::Errc::kNotInThisVersion;
    return receipt;
  }
  auto stored = std::make_shared<rpc::StoredEvent>();
  stored->network = event.network;
  stored->topic = event.topic;
  stored->payload = event.payload.keep();
  stored->publisher = event.publisher;
  for (const rpc::Pair& pair : event.meta) {
    stored->meta.emplace_back(pair.key, pair.value);
  }
  std::vector<std::shared_ptr<Queue>> queues;
  {
    const std::lock_guard lock(mutex_);
    recipients_.assign(event.recipients.begin(), event.recipients.end());
    for (const auto& weak : queues_) {
      if (auto queue = weak.lock(); queue && queue->wants(event)) {
        queues.push_back(std::move(queue));
      }
    }
  }
  for (const auto& queue : queues) {
    queue->push(stored);
  }
  receipt.reached = static_cast<std::uint32_t>(queues.size());
  return receipt;
}

core::Result<std::shared_ptr<rpc::EventQueue>> TinyBroker::subscribe(rpc::SubscribeOptions options,
                                                                     rpc::EventConsumer& consumer) {
  include_past = options.include_past;
  auto pattern = routing::TopicPattern::parse(options.pattern, options.network);
  if (!pattern) {
    return pattern.error();
  }
  auto queue = std::make_shared<Queue>(*this, std::move(options), std::move(*pattern), consumer);
  const std::lock_guard lock(mutex_);
  queues_.push_back(queue);
  return std::shared_ptr<rpc::EventQueue>(queue);
}

std::size_t TinyBroker::subscriptions() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      queues_.begin(), queues_.end(), [](const auto& queue) { return !queue.expired(); }));
}

std::vector<core::ProfileId> TinyBroker::recipients() {
  const std::lock_guard lock(mutex_);
  return recipients_;
}

std::vector<rpc::Verdict> TinyBroker::verdicts() {
  const std::lock_guard lock(mutex_);
  return verdicts_;
}

void TinyBroker::close_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& weak : queues_) {
    if (const auto queue = weak.lock()) {
      queue->close();
    }
  }
}

// ---- the world

namespace {

// Not SHA-256, but as good for naming a handful of files.
std::string test_hash(core::ByteView bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) {
    hash = (hash ^ byte) * 0x100000001b3;
  }
  return std::to_string(hash);
}

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "runard-test.XXXXXX").string();
  return ::mkdtemp(name.data());
}

}  // namespace

PluginWorld::PluginWorld(const Change& change, rpc::Handler* other_calls,
                         plugin_host::Directory* other_directory, plugin_host::Secrets* secrets)
    : folder(make_folder()), calls_(other_calls == nullptr ? dispatcher : *other_calls) {
  auto sink =
      std::make_shared<core::LogSink>(clock, core::LogFormat::kText, [this](std::string_view line) {
        const std::lock_guard lock(log_mutex_);
        log_ += line;
      });
  plugin_host::Options options{control, clock, core::Log(sink, "node").with("node", "edge-1"),
                               folder / "store", test_hash};
  options.workers = 2;
  if (change) {
    change(options);
  }
  control.run([&] {
    plugin_host::Directory& used = other_directory == nullptr ? directory : *other_directory;
    host = std::make_unique<plugin_host::Host>(
        std::move(options), plugin_host::Ports{calls_, broker, used, nullptr, secrets});
  });
}

PluginWorld::~PluginWorld() {
  stop();
  control.run([this] { host.reset(); });
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

std::filesystem::path PluginWorld::plugin(const std::string& name) {
  return std::filesystem::path(RUNARD_TEST_PLUGINS) / (name + ".so");
}

plugin_host::InstanceSpec PluginWorld::spec(const std::string& plugin_name, const std::string& type,
                                            const std::string& path, std::string config) {
  plugin_host::InstanceSpec spec;
  spec.file = plugin(plugin_name);
  spec.type = type;
  spec.path = path;
  spec.network = "main";
  spec.name = path;
  spec.config_json = std::move(config);
  return spec;
}

core::Result<void> PluginWorld::add(std::vector<plugin_host::InstanceSpec> specs) {
  std::promise<void> done;
  core::Result<void> result;
  control.run([&] { result = host->add(std::move(specs), [&] { done.set_value(); }); });
  if (result) {
    done.get_future().wait();
    // Their strands are on their way out of start: a direct call would find them busy.
    eventually([this] {
      bool busy = false;
      control.run([&] {
        for (const auto& status : host->status()) {
          busy = busy || (status.busy && status.row.state == registry::ServiceState::kRunning);
        }
      });
      return !busy;
    });
  }
  return result;
}

void PluginWorld::stop() {
  if (std::exchange(stopped_, true)) {
    return;
  }
  std::promise<void> done;
  control.post([&] { host->stop([&] { done.set_value(); }); });
  done.get_future().wait();
}

void PluginWorld::remove(const std::string& name) {
  std::promise<void> done;
  control.post([&] {
    if (!host->remove(name, [&] { done.set_value(); })) {
      done.set_value();
    }
  });
  done.get_future().wait();
}

plugin_host::InstanceStatus PluginWorld::status(const std::string& path) {
  plugin_host::InstanceStatus found;
  control.run([&] {
    for (auto& status : host->status()) {
      if (status.row.path == path) {
        found = std::move(status);
      }
    }
  });
  return found;
}

core::Result<void> PluginWorld::pause(const std::string& path) {
  core::Result<void> result;
  control.run([&] { result = host->pause("main", path); });
  return result;
}

core::Result<void> PluginWorld::resume(const std::string& path) {
  core::Result<void> result;
  control.run([&] { result = host->resume("main", path); });
  return result;
}

core::Result<void> PluginWorld::reconfigure(const std::string& path, const std::string& config) {
  std::promise<core::Result<void>> done;
  control.post([&] {
    host->reconfigure(path, config,
                      [&](core::Result<void> result) { done.set_value(std::move(result)); });
  });
  return done.get_future().get();
}

std::size_t PluginWorld::file_changed(const std::filesystem::path& file) {
  std::size_t count = 0;
  control.run([&] { count = host->file_changed(file); });
  return count;
}

rpc::Ticket PluginWorld::ask_async(Asker& asker, const std::string& path,
                                   const std::string& payload, core::Duration timeout,
                                   std::uint32_t flags) {
  rpc::Request request;
  request.network = "main";
  request.path = path;
  request.payload = rpc::Payload::borrow(core::as_bytes(payload), rpc::Encoding::kText);
  request.deadline = clock.now() + timeout;
  request.flags = flags;
  return calls_.call(request, {&asker, {}});
}

Answer PluginWorld::ask(const std::string& path, const std::string& payload,
                        core::Duration timeout) {
  Asker asker;
  ask_async(asker, path, payload, timeout);
  return asker.wait(timeout + 5s);  // the host ends what nobody answers
}

std::string PluginWorld::log_text() {
  const std::lock_guard lock(log_mutex_);
  return log_;
}

}  // namespace runard::test
