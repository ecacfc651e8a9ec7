// A dispatcher on manual time, providers and a caller that do as they are told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "calls/dispatcher.h"
#include "support/fakes.h"

namespace runard::test {

using core::Errc;
using core::Executed;
using namespace std::chrono_literals;

// A provider that does as it is told.
struct FakeProvider final : rpc::Handler {
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    ++calls;
    pattern = request.pattern;
    payload = request.payload.bytes.data();
    params.clear();
    for (const rpc::Pair& pair : request.params) {
      params.emplace_back(std::string(pair.key) + "=" + std::string(pair.value));
    }
    recipients.assign(request.recipients.begin(), request.recipients.end());
    held = responder;
    if (inline_reply) {
      responder(*inline_reply);
      return 0;
    }
    return 7;
  }
  void cancel(rpc::Ticket ticket) override { cancelled.push_back(ticket); }

  void refuse_with(Errc code) {
    rpc::Reply reply;
    reply.code = code;
    reply.executed = Executed::kNo;
    reply.message = "busy";
    inline_reply = reply;
  }
  void answer(std::string_view text) const {
    (*held)(rpc::Reply::success(rpc::Payload::borrow(core::as_bytes(text), rpc::Encoding::kText)));
  }

  std::optional<rpc::Reply> inline_reply;
  std::optional<rpc::Responder> held;
  std::vector<rpc::Ticket> cancelled;
  std::string pattern;
  std::vector<std::string> params;
  std::vector<core::ProfileId> recipients;
  const std::uint8_t* payload = nullptr;
  int calls = 0;
};

struct Caller final : rpc::Completion {
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override {
    ++answers;
    token = cookie[0];
    code = reply.code;
    executed = reply.executed;
    message = reply.message;
    body = core::as_text(reply.payload.bytes);
  }
  int answers = 0;
  std::uintptr_t token = 0;
  Errc code{};
  Executed executed{};
  std::string message, body;
};

inline registry::ServiceRow service(std::string path, std::vector<std::string> actions) {
  registry::ServiceRow row;
  row.network = "main";
  row.path = std::move(path);
  row.state = registry::ServiceState::kRunning;
  for (std::string& action : actions) {
    row.actions.push_back({std::move(action), "", "", "", 0});
  }
  return row;
}

struct World {
  World()
      : executor(clock),
        registry("n", {"main", "backup"}, 1),
        dispatcher({}, registry, clock, executor) {}

  void add_node(std::uint8_t number, FakeProvider& link, const registry::ServiceRow& row) {
    registry::NodeRows rows;
    rows.node.bytes[0] = number;
    rows.services = {row};
    registry.replace(rows, link);
  }
  rpc::Ticket call(std::string_view path, std::uint32_t flags = 0, core::Duration timeout = 1s,
                   std::uint8_t target = 0) {
    rpc::Request request;
    request.network = "main";
    request.path = path;
    request.flags = flags;
    request.target.bytes[0] = target;
    request.payload = rpc::Payload::borrow(core::as_bytes(body), rpc::Encoding::kText);
    request.deadline = clock.now() + timeout;
    return dispatcher.call(request, {&caller, {42, 0, 0}});
  }

  std::string body = "body";
  test::ManualClock clock;
  test::ManualExecutor executor;
  registry::Registry registry;
  calls::Dispatcher dispatcher;
  Caller caller;
};

inline rpc::Reply success() {
  return rpc::Reply::success({});
}

// A provider whose work is a lambda.
struct LambdaProvider final : rpc::Handler {
  explicit LambdaProvider(
      std::function<rpc::Ticket(const rpc::Request&, const rpc::Responder&)> given)
      : work(std::move(given)) {}
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    return work(request, responder);
  }
  void cancel(rpc::Ticket ticket) override { cancelled.push_back(ticket); }
  std::function<rpc::Ticket(const rpc::Request&, const rpc::Responder&)> work;
  std::vector<rpc::Ticket> cancelled;
};

}  // namespace runard::test
