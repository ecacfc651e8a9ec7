#include "calls/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
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

void Dispatcher::refuse(const rpc::Responder& responder, Errc code, std::string_view about) const {
  failed_.fetch_add(1, std::memory_order_relaxed);
  rpc::Reply reply;
  reply.code = code;
  reply.executed = Executed::kNo;
  reply.message = about;
  responder(reply);
}

rpc::Ticket Dispatcher::call(const rpc::Request& request, const rpc::Responder& responder) {
  started_.fetch_add(1, std::memory_order_relaxed);
  if (request.payload.bytes.size() > options_.payload_limit) {
    refuse(responder, Errc::kTooLarge, "the request's payload is larger than limits.payload");
    return 0;
  }
  const core::TimePoint now = clock_.now();
  if (request.deadline <= now) {
    refuse(responder, Errc::kDeadlineExceeded, "the deadline had passed before the call began");
    return 0;
  }
  if (draining_.load(std::memory_order_relaxed) && (request.flags & rpc::kInbound) != 0) {
    refuse(responder, Errc::kDraining, "this node is stopping");
    return 0;
  }
  const auto [id, call] = calls_.open();
  if (call == nullptr) {
    refuse(responder, Errc::kOverloaded, "too many calls are in flight on this node");
    return 0;
  }
  rpc::Request own = request;
  if (own.deadline == core::kNever) {
    own.deadline = now + options_.default_timeout;
  }
  call->caller = responder;
  call->deadline.store(own.deadline.time_since_epoch().count(), std::memory_order_relaxed);
  call->stage.store(kCalling, std::memory_order_relaxed);
  call->attempt.store(0, std::memory_order_relaxed);
  call->handler.store(nullptr, std::memory_order_relaxed);
  call->ticket.store(0, std::memory_order_relaxed);
  calls_.publish(id);
  calls_.claim(id);  // run() begins as if a refusal had just been claimed
  return run(id, *call, own);
}

bool Dispatcher::choose(const registry::RouteTable& table, const rpc::Request& request, Call& call,
                        Choice& choice) const {
  const std::uint32_t tries = call.attempt.load(std::memory_order_relaxed);
  const auto tried_end = call.tried.begin() + tries;
  const core::NodeId self = request.target.is_zero() ? core::NodeId{} : registry_.self();
  const auto fits = [&](const registry::Provider& p) {
    const bool local = p.node.is_zero();
    return (local || (request.flags & rpc::kInbound) == 0) &&
           (request.target.is_zero() || request.target == (local ? self : p.node)) &&
           std::find(call.tried.begin(), tried_end, p.handler) == tried_end;
  };
  const auto entries = table.find({request.network, request.path}, choice.captures);
  std::uint32_t left = 0;
  choice.provider = nullptr;
  for (const auto& entry : entries) {
    const registry::Route& route = *entry.value;
    const auto count = static_cast<std::uint32_t>(route.providers.size());
    const std::uint32_t remote = count - route.local_count;
    const std::uint32_t turn = remote > 1 ? route.turn.fetch_add(1, std::memory_order_relaxed) : 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t at =
          i < route.local_count ? i : route.local_count + (i - route.local_count + turn) % remote;
      const registry::Provider& provider = route.providers[at];
      if (!fits(provider)) {
        continue;
      }
      ++left;
      if (choice.provider == nullptr ||
          (provider.node.is_zero() && !choice.provider->node.is_zero())) {
        choice.provider = &provider;
        choice.pattern = &entry.pattern;
      }
    }
  }
  if (choice.provider == nullptr && tries == 0) {
    call.refusal = nobody(request, !entries.empty());
  }
  call.has_others = left > 1 && tries + 1 < kMaxAttempts;
  return choice.provider != nullptr;
}

core::Error Dispatcher::nobody(const rpc::Request& request, bool known) const {
  if (known) {
    return core::fail(Errc::kNoEndpoint, path_text("no reachable node may take", request),
                      Executed::kNo);
  }
  return registry_.has_service({request.network, request.path})
             ? core::fail(Errc::kNoAction, path_text("no action", request), Executed::kNo)
             : core::fail(Errc::kNoService, path_text("no service offers", request), Executed::kNo);
}

// The slot is claimed by us when this begins. Afterwards the call is answered or pending.
rpc::Ticket Dispatcher::run(core::SlotId id, Call& call, rpc::Request& request) {
  while (true) {
    const auto table = registry_.table();  // held while the callee borrows the pattern from it
    Choice choice;
    if (!choose(*table, request, call, choice)) {
      give_up(id, call);
      return 0;
    }
    attempt(id, call, request, choice);
    if (call.has_others && call.stage.load(std::memory_order_acquire) == kCalling &&
        !call.kept.kept()) {
      call.kept.keep(request);
    }
    switch (call.stage.exchange(kParked, std::memory_order_acq_rel)) {
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

void Dispatcher::attempt(core::SlotId id, Call& call, rpc::Request& request,
                         const Choice& choice) {
  const bool local = choice.provider->node.is_zero();
  core::FixedList<rpc::Pair, routing::kMaxSegments> params;
  for (std::size_t i = 0; local && i < choice.captures.size(); ++i) {
    params.add({choice.pattern->param_name(i), choice.captures[i]});
  }
  request.pattern = local ? choice.pattern->pattern() : std::string_view();
  request.params = params.view();
  request.action = choice.provider->action;
  const std::uint32_t number = call.attempt.load(std::memory_order_relaxed);
  rpc::Handler* handler = choice.provider->handler;
  call.tried[number] = handler;
  call.handler.store(handler, std::memory_order_relaxed);
  call.ticket.store(0, std::memory_order_relaxed);
  call.stage.store(kCalling, std::memory_order_relaxed);
  call.attempt.store(number + 1, std::memory_order_release);
  calls_.reopen(id);
  if (call.cancelled.load(std::memory_order_acquire) == id) {
    end_early(id, Errc::kCancelled);
    return;
  }
  call.ticket.store(handler->call(request, {this, {id, number + 1, 0}}),
                    std::memory_order_release);
}

void Dispatcher::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  const core::SlotId id = cookie[0];
  Call* call = calls_.claim(id);
  if (call == nullptr) {
    return;  // cancelled, timed out, or answered already
  }
  if (call->attempt.load(std::memory_order_acquire) != cookie[1]) {
    calls_.reopen(id);  // a late answer of a provider that had refused
    return;
  }
  if (!is_refusal(reply) || !call->has_others) {
    answer(id, *call, reply);
    return;
  }
  call->refusal = core::fail(reply.code, std::string(reply.message), reply.executed);
  if (call->stage.exchange(kRefused, std::memory_order_acq_rel) == kParked) {
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
  if (call.stage.exchange(kDone, std::memory_order_acq_rel) == kParked) {
    close(id, call);
  }
}

void Dispatcher::give_up(core::SlotId id, Call& call) {
  failed_.fetch_add(1, std::memory_order_relaxed);
  const rpc::Responder caller = call.caller;
  const core::Error error = std::exchange(call.refusal, {});
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

void Dispatcher::arm_sweep() {
  if (sweeping_.load() || sweeping_.exchange(true, std::memory_order_acq_rel)) {
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
    sweeping_.exchange(false);  // and arm_sweep()'s look: one of the two sees the other
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
  return {started_.load(), failed_.load(), failovers_.load(), timeouts_.load(),
          calls_.open_count()};
}

}  // namespace runard::calls
