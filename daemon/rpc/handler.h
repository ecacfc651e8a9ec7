// The one verb: Handler::call(Request, Responder). A service instance, a link to a peer and the
// dispatcher are all Handlers; a request passes through them, and nothing routes the reply: it
// returns through the Responder that came with the request.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "rpc/payload.h"

namespace runard::rpc {

// A name with a value: metadata of a caller, or a captured path parameter. Borrowed.
struct Pair {
  std::string_view key;
  std::string_view value;
};

// Of one message: whom private fields are sealed to besides (Request and Event::recipients).
inline constexpr std::size_t kMaxRecipients = 16;

enum RequestFlag : std::uint32_t {
  kIdempotent = 1U << 0,   // may be retried after an unknown outcome
  kDirect = 1U << 1,       // the caller holds no lock: callee and reply may run inside call()
  kInbound = 1U << 2,      // came over a link: only this node's providers may take it
  kAdministers = 1U << 3,  // and its node may administer what it asks for; set here, not there
};

// Who asks. For a remote caller, `node` is what its certificate says; `service` is what that node
// says.
struct Caller {
  core::NodeId node;         // zero: this node
  std::string_view service;  // "users", or "" for an operator
  std::string_view network;  // that the service is in, told of one of this node; else ""
  // The user behind the call; zero: none. Of a remote caller: one for whom that node may ask.
  core::ProfileId profile;
};

// Everything in a Request is borrowed until call() returns; a Handler that goes on later keeps what
// it needs.
struct Request {
  std::string_view network;  // "main"
  std::string_view path;     // canonical, without the network: "users/42/profile"
  Payload payload;
  std::span<const Pair> meta;
  core::TimePoint deadline = core::kNever;
  std::uint64_t trace = 0;  // one id for a call and all that it causes
  std::uint32_t flags = 0;
  std::uint8_t depth = 0;  // how many direct calls this one is inside of
  core::NodeId target;     // zero: any provider
  Caller caller;
  // Profiles that private fields are sealed to besides, where a rule releases these to them
  // (daemon/sealing); at most kMaxRecipients. Used where the request leaves this node, and never
  // sent: of a request that came over a link they are nobody, and its reply goes by its own labels.
  std::span<const core::ProfileId> recipients{};

  // Filled in by the dispatcher for a local provider.
  std::string_view pattern;      // "users/{user_id}/profile"
  std::span<const Pair> params;  // user_id = 42
  std::uint32_t action = 0;      // the provider's own number of the matched action
};

// A reply, or an error. Borrowed for the length of complete().
struct Reply {
  core::Errc code = {};  // zero: ok
  std::int32_t app_code = 0;
  core::Executed executed = core::Executed::kYes;
  std::string_view message;  // empty when ok
  Payload payload;           // the result, or the error's details
  core::NodeId served_by;    // zero: this node

  bool ok() const { return code == core::Errc{}; }
  static Reply success(Payload payload) {
    Reply reply;
    reply.payload = std::move(payload);
    return reply;
  }
  // `error` must outlive the reply.
  static Reply failure(const core::Error& error) {
    Reply reply;
    reply.code = error.code;
    reply.app_code = error.app_code;
    reply.executed = error.executed;
    reply.message = error.about;
    return reply;
  }
};

// Three words that the receiver of a reply chose for itself.
using Cookie = std::array<std::uintptr_t, 3>;

// Where replies go. Any thread; must not block. Which of several replies to one cookie counts is
// for the implementation to decide (the first, by SlotTable::claim).
class Completion {
 public:
  virtual void complete(const Cookie& cookie, const Reply& reply) noexcept = 0;

 protected:
  ~Completion() = default;
};

// The right and duty to answer one request. A value; the sink outlives every request it was named
// in.
struct Responder {
  Completion* sink = nullptr;
  Cookie cookie{};
  void operator()(const Reply& reply) const { sink->complete(cookie, reply); }
};

using Ticket = std::uint64_t;  // 0: nothing left to cancel

//
// Lifetime: a Handler that was ever given to the registry lives as long as the daemon. One whose
// instance or link is gone refuses (Executed::kNo), so a stale route is never more than a refusal.
class Handler {
 public:
  virtual ~Handler() = default;
  // Any thread; never blocks. Answers through `responder` exactly once, on any thread, maybe before
  // it returns.
  virtual Ticket call(const Request& request, const Responder& responder) = 0;
  // The caller is gone: stop the work if that is possible. A stale ticket is ignored. Any thread.
  virtual void cancel(Ticket ticket) = 0;
};

}  // namespace runard::rpc
