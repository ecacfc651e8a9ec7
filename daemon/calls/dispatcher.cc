#include "calls/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

#include <cstddef>
#include <memory>
#include <string>

namespace runard::calls {
namespace {

using core::Errc;
using core::Executed;

// A refusal after which another provider may do what was asked.
bool is_refusal(const rpc::Reply& reply) {
  if (reply.ok() || reply.executed != Executed::kNo) {
    return false;
  }
  const core::Kind kind = core::info(reply.code).kind;
  return kind == core::Kind::kUnavailable || kind == core::Kind::kOverloaded ||
         kind == core::Kind::kNoEndpoint;
}

// Room for what a pattern captured; costs nothing until it is used.
class ParamRoom {
 public:
  std::span<const rpc::Pair> fill(const routing::TopicPattern& pattern,
                                  const routing::Captures& captures) {
    auto* const pairs = reinterpret_cast<rpc::Pair*>(bytes_);
    for (std::size_t i = 0; i < captures.size(); ++i) {
      std::construct_at(pairs + i, rpc::Pair{pattern.param_name(i), captures[i]});
    }
    return {pairs, captures.size()};
  }

 private:
  alignas(rpc::Pair) std::byte bytes_[routing::kMaxSegments * sizeof(rpc::Pair)];
};

std::string path_text(std::string_view what, const rpc::Request& request) {
  return fmt::format("{} \"{}\" in network \"{}\"", what, request.path, request.network);
}

}  // namespace

Dispatcher::Dispatcher(Options options, const registry::Registry& registry,
                       const core::Clock& clock, core::Executor& executor)
    : options_(options),
      registry_(registry),
      clock_(clock),
      executor_(executor),
      calls_(options.open_limit),
      alive_(std::make_shared<bool>(true)) {}

Dispatcher::~Dispatcher() {
  *alive_ = false;
}

void Dispatcher::refuse(const rpc::Responder& responder, const Refusal& why) const {
  refused_.fetch_add(1, std::memory_order_relaxed);
  failed_.fetch_add(1, std::memory_order_relaxed);
  rpc::Reply reply;
  reply.code = why.code;
  reply.executed = Executed::kNo;
  reply.message = why.about;
  responder(reply);
}

// A code of zero: let in.
Dispatcher::Refusal Dispatcher::admit(const rpc::Request& request, core::TimePoint now) const {
  if (request.payload.bytes.size() > options_.payload_limit) {
    return {Errc::kTooLarge, "the request's payload is larger than limits.payload"};
  }
  if (request.deadline <= now) {
    return {Errc::kDeadlineExceeded, "the deadline had passed before the call began"};
  }
  if (draining_.load(std::memory_order_relaxed) && (request.flags & rpc::kInbound) != 0) {
    return {Errc::kDraining, "this node is stopping"};
  }
  return {};
}

rpc::Ticket Dispatcher::call(const rpc::Request& request, const rpc::Responder& responder) {
  const core::TimePoint now = clock_.now();
  if (const Refusal why = admit(request, now); why.code != Errc{}) {
    refuse(responder, why);
    return 0;
  }
  const auto [id, call] = calls_.open();
  if (call == nullptr) {
    refuse(responder, {Errc::kOverloaded, "too many calls are in flight on this node"});
    return 0;
  }
  rpc::Request own = request;  // from here on its deadline and what it matched are filled in
  call->uses.store(call->uses.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  call->caller = responder;
  call->began = now;
  call->deadline.store(own.deadline.time_since_epoch().count(), std::memory_order_relaxed);
  call->attempt.store(0, std::memory_order_relaxed);
  call->handler.store(nullptr, std::memory_order_relaxed);
  return run(id, *call, own);
}

core::Error Dispatcher::nobody(const rpc::Request& request, bool known) const {
  const bool own = (request.flags & rpc::kInbound) == 0 && !request.path.starts_with('$');
  if (own && options_.gate != nullptr &&
      !options_.gate->admit_self(policy::Action::kCall, {request.network, request.path})) {
    const auto& networks = registry_.networks();
    const bool member =
        std::find(networks.begin(), networks.end(), request.network) != networks.end();
    return core::fail(
        Errc::kDenied,
        member ? std::string(policy::kDeniedHere)
               : fmt::format("this node is not a member of network \"{}\"", request.network),
        Executed::kNo);
  }
  if (known) {
    const bool limited = !request.target.is_zero();
    return core::fail(Errc::kNoEndpoint,
                      path_text(limited ? "the only node that is asked does not provide"
                                        : "no reachable node may take",
                                request),
                      Executed::kNo);
  }
  const Errc why = registry_.why_nobody({request.network, request.path});
  const std::string_view what = why == Errc::kNoService  ? "no service offers"
                                : why == Errc::kNoAction ? "no action"
                                                         : "no provider may take";
  return core::fail(why, path_text(what, request), Executed::kNo);
}

// The slot is ours when this begins. Afterwards the call is answered or pending.
rpc::Ticket Dispatcher::run(core::SlotId id, Call& call, rpc::Request& request) {
  while (true) {
    const auto table = registry_.table();  // held while the callee borrows the pattern from it
    const std::uint32_t tries = call.attempt.load(std::memory_order_relaxed);
    Choice choice;
    choose(registry_, *table, request, std::span(call.tried).first(tries), choice);
    if (choice.provider == nullptr) {
      give_up(id, call,
              tries == 0 ? nobody(request, choice.known) : std::exchange(call.refusal, {}));
      return 0;
    }
    call.has_others = choice.fit > 1 && tries + 1 < kMaxAttempts;
    if (request.deadline == core::kNever) {
      const core::Duration own = choice.provider->timeout;
      request.deadline = call.began + (own > core::Duration{0} ? own : options_.default_timeout);
      call.deadline.store(request.deadline.time_since_epoch().count(), std::memory_order_relaxed);
    }
    switch (attempt(id, call, request, choice)) {
      case kCalling:  // pending: from here on the slot may be anybody's
        arm_sweep();
        return id;
      case kRefused:
        failovers_.fetch_add(1, std::memory_order_relaxed);
        break;
      default: {
        // Answered. If it was by the deadline or a cancel, what we started has to be stopped.
        const rpc::Ticket ticket = call.ticket.load(std::memory_order_relaxed);
        if (ticket != 0) {
          call.handler.load(std::memory_order_relaxed)->cancel(ticket);
        }
        close(id, call);
        return 0;
      }
    }
  }
}

Dispatcher::Frame*& Dispatcher::innermost() {
  thread_local constinit Frame* frame = nullptr;
  return frame;
}

Dispatcher::Frame* Dispatcher::find_frame(core::SlotId id) const {
  Frame* frame = innermost();
  while (frame != nullptr && (frame->id != id || frame->dispatcher != this)) {
    frame = frame->outer;
  }
  return frame;
}

// Asks one provider. How the call stands then: kCalling for one that is pending.
Dispatcher::Stage Dispatcher::attempt(core::SlotId id, Call& call, rpc::Request& request,
                                      const Choice& choice) {
  ParamRoom room;  // NOLINT(cppcoreguidelines-pro-type-member-init): zeroing 1 KiB a call
  const bool local = choice.provider->node.is_zero();
  request.pattern = local ? choice.pattern->pattern() : std::string_view();
  request.params =
      local ? room.fill(*choice.pattern, choice.captures) : std::span<const rpc::Pair>();
  request.action = local ? choice.provider->action : 0;
  const std::uint32_t number = call.attempt.load(std::memory_order_relaxed);
  rpc::Handler& handler = *choice.provider->handler;
  call.tried[number] = &handler;
  call.handler.store(&handler, std::memory_order_relaxed);
  call.ticket.store(0, std::memory_order_relaxed);
  call.stage.store(kCalling, std::memory_order_relaxed);
  call.attempt.store(number + 1, std::memory_order_release);
  Frame frame{this, id, innermost()};
  innermost() = &frame;
  enter(id, call, request, handler);
  innermost() = frame.outer;
  if (frame.stage != kCalling) {
    return frame.stage;
  }
  if (call.has_others && call.stage.load(std::memory_order_acquire) == kCalling &&
      !call.kept.kept()) {
    call.kept.keep(request);
  }
  return static_cast<Stage>(call.stage.exchange(kParked, std::memory_order_acq_rel));
}

void Dispatcher::enter(core::SlotId id, Call& call, const rpc::Request& request,
                       rpc::Handler& handler) {
  const std::uint32_t number = call.attempt.load(std::memory_order_relaxed);
  calls_.publish(id);
  if (call.cancelled.load(std::memory_order_acquire) == id) {
    end_early(id, Errc::kCancelled);
    return;
  }
  const rpc::Ticket ticket = handler.call(request, {this, {id, number, 0}});
  call.ticket.store(ticket, std::memory_order_release);
}

// What the reply's side does last. True: the frame has left, so it is on us to go on.
bool Dispatcher::end_attempt(core::SlotId id, Call& call, Stage stage) {
  if (Frame* const frame = find_frame(id)) {
    frame->stage = stage;
    return false;
  }
  return call.stage.exchange(stage, std::memory_order_acq_rel) == kParked;
}

void Dispatcher::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  const core::SlotId id = cookie[0];
  Call* call = calls_.peek(id);
  // Looked at before it is claimed: while a late answer of a provider that had refused held the
  // call, the right answer would find it taken.
  if (call == nullptr || call->attempt.load(std::memory_order_acquire) != cookie[1] ||
      calls_.claim(id) == nullptr) {
    return;  // cancelled, timed out, or answered already
  }
  if (call->attempt.load(std::memory_order_acquire) != cookie[1]) {
    calls_.publish(id);
    return;
  }
  if (!is_refusal(reply) || !call->has_others) {
    answer(id, *call, reply);
    return;
  }
  call->refusal = core::fail(reply.code, std::string(reply.message), reply.executed);
  if (end_attempt(id, *call, kRefused)) {
    failovers_.fetch_add(1, std::memory_order_relaxed);
    rpc::Request request = call->kept.view();
    run(id, *call, request);
  }
}

// The slot is claimed by us.
void Dispatcher::answer(core::SlotId id, Call& call, const rpc::Reply& reply) {
  if (!reply.ok()) {
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
  const rpc::Responder caller = call.caller;
  caller(reply);
  if (end_attempt(id, call, kDone)) {
    close(id, call);
  }
}

void Dispatcher::give_up(core::SlotId id, Call& call, core::Error error) {
  failed_.fetch_add(1, std::memory_order_relaxed);
  const rpc::Responder caller = call.caller;
  close(id, call);
  caller(rpc::Reply::failure(error));
}

void Dispatcher::close(core::SlotId id, Call& call) {
  if (call.kept.kept()) {
    call.kept.clear();
  }
  calls_.close(id);
}

bool Dispatcher::end_early(core::SlotId id, Errc code) {
  Call* call = calls_.claim(id);
  if (call == nullptr) {
    return false;
  }
  rpc::Handler* handler = call->handler.load(std::memory_order_relaxed);
  const rpc::Ticket ticket = call->ticket.load(std::memory_order_acquire);
  rpc::Reply reply;
  reply.code = code;
  reply.executed = Executed::kUnknown;
  reply.message = core::info(code).meaning;
  answer(id, *call, reply);
  if (handler != nullptr && ticket != 0) {
    handler->cancel(ticket);
  }
  return true;
}

void Dispatcher::cancel(rpc::Ticket ticket) {
  if (end_early(ticket, Errc::kCancelled)) {
    return;
  }
  if (Call* call = calls_.peek_live(ticket); call != nullptr) {
    call->cancelled.store(ticket,
                          std::memory_order_release);  // it is between two attempts: run() looks
  }
}

// Always an exchange: a sweep that goes to rest then either sees this call, or is armed again.
void Dispatcher::arm_sweep() {
  if (sweeping_.exchange(true, std::memory_order_acq_rel)) {
    return;
  }
  executor_.post([this, alive = alive_] {
    if (*alive) {
      sweep(clock_.now());
    }
  });
}

void Dispatcher::sweep(core::TimePoint last_open) {
  constexpr core::Duration kLinger =
      std::chrono::seconds(1);  // so that a slow trickle of calls does not re-arm each time
  const core::TimePoint now = clock_.now();
  calls_.for_each_open([&](core::SlotId id, Call& call) {
    last_open = now;
    if (core::TimePoint(core::Duration(call.deadline.load(std::memory_order_relaxed))) <= now &&
        end_early(id, Errc::kDeadlineExceeded)) {
      timeouts_.fetch_add(1, std::memory_order_relaxed);
    }
  });
  if (now - last_open > kLinger) {
    sweeping_.exchange(false, std::memory_order_acq_rel);
    if (calls_.open_count() == 0) {
      return;
    }
    if (sweeping_.exchange(true, std::memory_order_acq_rel)) {
      return;  // a call that parked meanwhile has armed another sweep
    }
  }
  executor_.after(kSweepInterval, [this, alive = alive_, last_open] {
    if (*alive) {
      sweep(last_open);
    }
  });
}

Stats Dispatcher::stats() const {
  std::uint64_t calls = refused_.load();
  calls_.for_each_slot(
      [&](const Call& call) { calls += call.uses.load(std::memory_order_relaxed); });
  return {calls, failed_.load(), failovers_.load(), timeouts_.load(), calls_.open_count()};
}

}  // namespace runard::calls
