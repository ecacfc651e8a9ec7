// What Context::call and Context::publish give: awaitables that own all they need.
#pragma once

#include <exception>
#include <optional>
#include <string>

#include <runar/detail/wait.hpp>
#include <runar/options.hpp>
#include <runar/payload.hpp>

namespace runar {

namespace detail {

inline std::int64_t deadline_of(const std::optional<Duration>& timeout) {
  return timeout ? host->now_ns() + timeout->count() : 0;
}

// The result of a call: a value, nothing (void), or the error to throw.
template <class Out>
struct Outcome {
  std::optional<Out> value;
  void take(const runar_payload& payload) { value.emplace(decode<Out>(payload)); }
  Out give() { return std::move(*value); }
};
template <>
struct Outcome<void> {
  void take(const runar_payload&) {}
  void give() {}
};

}  // namespace detail

// Which service calls, and for which request (0: none).
struct CallFrom {
  runar_ctx* ctx;
  runar_id parent;
};

// co_await it once; gives Out or throws Error. Nothing is sent before.
template <class Out>
class [[nodiscard]] Call {
 public:
  template <class In>
  Call(const CallFrom& from, std::string_view path, const In& in, const CallOptions& options)
      : ctx_(from.ctx),
        parent_(from.parent),
        path_(path),
        target_(options.target),
        lists_(options.meta, options.recipients),
        timeout_(options.timeout),
        flags_(detail::flag(options.direct, RUNAR_CALL_DIRECT) |
               detail::flag(options.idempotent, RUNAR_CALL_IDEMPOTENT)),
        in_(from.ctx, in) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    meeting_.expect(waiting);
    send();
    return status_ >= 0 && meeting_.suspend();
  }
  Out await_resume() {
    if (problem_) {
      std::rethrow_exception(problem_);
    }
    if (status_ < 0) {
      throw Error(status_, text_, executed_);
    }
    return outcome_.give();
  }

 private:
  void send() {
    auto call = detail::sized<runar_call>();
    call.flags = flags_;
    call.path = detail::str(path_);
    call.target_node = detail::str(target_);
    call.payload = in_.payload();
    call.deadline_ns = detail::deadline_of(timeout_);
    call.parent = parent_;
    call.meta = lists_.meta().data();
    call.meta_count = lists_.meta().size();
    call.recipients = lists_.recipients().data();
    call.recipient_count = lists_.recipients().size();
    const runar_status accepted = detail::host->call(ctx_, &call, &Call::replied, this, &id_);
    if (accepted < 0) {  // then replied() never runs
      status_ = accepted;
      executed_ = Executed::kNo;
      text_ = path_ + ": " + std::string(describe(accepted));
    }
  }
  static void replied(void* user, runar_ctx*, runar_id, const runar_reply* reply) noexcept {
    Call& self = *static_cast<Call*>(user);
    try {
      if (reply->status == RUNAR_OK) {
        self.outcome_.take(reply->payload);
      } else {
        self.problem_ =
            std::make_exception_ptr(Error(reply->status, std::string(detail::view(reply->message)),
                                          static_cast<Executed>(reply->executed)));
      }
    } catch (...) {
      self.problem_ = std::current_exception();
    }
    self.meeting_.arrive();
  }

  runar_ctx* ctx_;
  runar_id parent_;
  runar_id id_ = 0;
  std::string path_;
  std::string target_;
  detail::OwnedLists lists_;
  std::optional<Duration> timeout_;
  std::uint32_t flags_;
  detail::Encoded in_;
  detail::Meeting meeting_;
  detail::Outcome<Out> outcome_;
  std::exception_ptr problem_;
  runar_status status_ = RUNAR_OK;
  Executed executed_ = Executed::kUnknown;
  std::string text_;
};

// What became of a publication.
struct Receipt {
  bool stored = false;        // guaranteed: durably kept; else handed to the network
  std::uint32_t reached = 0;  // subscriptions and peers
  std::uint64_t event = 0;    // its id where it was stored
};

// Either co_await it: that gives the Receipt (of a guaranteed event: after it was stored) or throws
// Error. Or leave it: then it is sent at the end of the statement and a refusal is only logged.
class Publication {
 public:
  template <class In>
  Publication(runar_ctx* ctx, std::string_view topic, const In& in, const PublishOptions& options)
      : ctx_(ctx),
        topic_(topic),
        target_(options.target),
        owner_profile_(options.owner_profile),
        lists_(options.meta, options.recipients),
        retain_for_(options.retain_for.value_or(Duration{0})),
        flags_(detail::flag(!options.broadcast, RUNAR_PUB_LOCAL) |
               detail::flag(options.guaranteed, RUNAR_PUB_GUARANTEED)),
        in_(ctx, in) {}
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;
  ~Publication() {
    if (!sent_) {
      try {
        send();
      } catch (...) {
        detail::tell_exception([this](runar_status, std::string_view why) { complain(why); });
      }
    }
  }

  // Sends now without waiting for the receipt; throws Error when the host refuses at once.
  void send() { detail::check(send(nullptr), topic_); }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    meeting_.expect(waiting);
    const runar_status accepted = send(&Publication::received);
    if (accepted < 0) {
      status_ = accepted;
      return false;
    }
    return meeting_.suspend();
  }
  Receipt await_resume() {
    detail::check(status_, topic_);
    return receipt_;
  }

 private:
  runar_status send(runar_receipt_fn on_receipt) {
    sent_ = true;
    auto publish = detail::sized<runar_publish>();
    publish.flags = flags_;
    publish.topic = detail::str(topic_);
    publish.target_node = detail::str(target_);
    publish.payload = in_.payload();
    publish.retain_ns = retain_for_.count();
    publish.meta = lists_.meta().data();
    publish.meta_count = lists_.meta().size();
    publish.owner_profile = detail::str(owner_profile_);
    publish.recipients = lists_.recipients().data();
    publish.recipient_count = lists_.recipients().size();
    return detail::host->publish(ctx_, &publish, on_receipt, this);
  }
  void complain(std::string_view why) const {
    const runar_kv fields[] = {{detail::str("topic"), detail::str(topic_)},
                               {detail::str("reason"), detail::str(why)}};
    detail::host->log(ctx_, RUNAR_LOG_WARN, detail::str("an event was refused"), fields, 2, 0);
  }
  static void received(void* user, runar_ctx*, const runar_receipt* receipt) noexcept {
    Publication& self = *static_cast<Publication*>(user);
    self.status_ = receipt->status;
    self.receipt_ = {receipt->stage == RUNAR_RECEIPT_STORED, receipt->reached, receipt->event};
    self.meeting_.arrive();
  }

  runar_ctx* ctx_;
  std::string topic_;
  std::string target_;
  std::string owner_profile_;
  detail::OwnedLists lists_;
  Duration retain_for_;
  std::uint32_t flags_;
  detail::Encoded in_;
  detail::Meeting meeting_;
  bool sent_ = false;
  runar_status status_ = RUNAR_OK;
  Receipt receipt_;
};

}  // namespace runar
