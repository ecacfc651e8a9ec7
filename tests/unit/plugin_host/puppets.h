// Short ways for tests to say what a puppet's actions do.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "plugins/puppet.h"
#include "support/plugin_world.h"

namespace runard::test {

// Like CHECK, but for any thread: Catch2's own assertions are for the test's thread only. The first
// failure is told when the test case ends.
void expect(bool condition, const char* text, const char* file, int line);
#define EXPECT(condition) \
  ::runard::test::expect(static_cast<bool>(condition), #condition, __FILE__, __LINE__)

using OnRequest = std::function<void(runar_ctx*, const runar_request*)>;

inline runar_str str(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string text(runar_str given) {
  return {given.ptr, given.len};
}
inline std::string text(runar_bytes given) {
  return {reinterpret_cast<const char*>(given.ptr), given.len};
}
inline runar_payload payload(std::string_view bytes) {
  return {{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
          nullptr,
          0,
          RUNAR_ENC_TEXT,
          0};
}

// A service whose actions are lambdas of the test.
class Service {
 public:
  explicit Service(std::string path) : path_(std::move(path)) {
    puppet.on_init = [this](runar_ctx* ctx, runar_err*) { return add_all(ctx); };
  }

  Service& action(std::string name, OnRequest on_request, std::uint32_t flags = 0,
                  std::uint32_t max_concurrency = 0) {
    actions_.push_back({std::move(name), std::move(on_request), flags, max_concurrency});
    return *this;
  }
  // Answers with what it got.
  Service& echo(std::string name = "echo", std::uint32_t flags = 0) {
    return action(
        std::move(name),
        [this](runar_ctx* ctx, const runar_request* request) {
          host()->respond(ctx, request->id, &request->payload);
        },
        flags);
  }

  plugin_host::InstanceSpec spec(const std::string& type = "puppet") const {
    return PluginWorld::spec("puppet", type, path_, puppet.config());
  }
  const runar_host* host() const { return puppet.host.load(); }
  runar_ctx* ctx() const { return puppet.ctx.load(); }
  runar_status add_all(runar_ctx* ctx);

  Puppet puppet;

 private:
  struct Registered {
    std::string name;
    OnRequest on_request;
    std::uint32_t flags;
    std::uint32_t max_concurrency;
  };
  std::string path_;
  std::deque<Registered> actions_;
};

inline runar_status Service::add_all(runar_ctx* ctx) {
  for (Registered& registered : actions_) {
    runar_action action{};
    action.struct_size = sizeof action;
    action.flags = registered.flags;
    action.name = str(registered.name);
    action.max_concurrency = registered.max_concurrency;
    action.user = &registered.on_request;
    action.on_request = [](void* user, runar_ctx* c, const runar_request* request) {
      (*static_cast<OnRequest*>(user))(c, request);
    };
    if (const runar_status status = host()->add_action(ctx, &action, nullptr); status != RUNAR_OK) {
      return status;
    }
  }
  return RUNAR_OK;
}

// A call with a lambda for its reply.
using OnReply = std::function<void(runar_ctx*, runar_id, const runar_reply*)>;
inline runar_status call(const Service& from, std::string_view path, std::string_view bytes,
                         OnReply on_reply, std::uint32_t flags = 0, runar_id parent = 0,
                         runar_id* out = nullptr) {
  runar_call call{};
  call.struct_size = sizeof call;
  call.flags = flags;
  call.path = str(path);
  call.payload = payload(bytes);
  call.parent = parent;
  auto* const kept = new OnReply(std::move(on_reply));
  const runar_status status = from.host()->call(
      from.ctx(), &call,
      [](void* user, runar_ctx* ctx, runar_id id, const runar_reply* reply) {
        const std::unique_ptr<OnReply> f(static_cast<OnReply*>(user));
        (*f)(ctx, id, reply);
      },
      kept, out);
  if (status != RUNAR_OK) {
    delete kept;
  }
  return status;
}

using OnTask = std::function<void(runar_ctx*, runar_status)>;
inline runar_status post(const Service& from, core::Duration delay, OnTask on_task,
                         runar_id* out = nullptr) {
  auto* const kept = new OnTask(std::move(on_task));
  const runar_status status = from.host()->post(
      from.ctx(), delay.count(),
      [](void* user, runar_ctx* ctx, runar_status why) {
        const std::unique_ptr<OnTask> f(static_cast<OnTask*>(user));
        (*f)(ctx, why);
      },
      kept, out);
  if (status != RUNAR_OK) {
    delete kept;
  }
  return status;
}

// Opened once; threads wait at it.
class Door {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool wait(core::Duration patience = 10s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

}  // namespace runard::test
