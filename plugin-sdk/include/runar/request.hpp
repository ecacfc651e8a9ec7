// Request: what a handler knows of the request it answers.
//
// Handlers take it by value, or by const reference when they are plain functions. In a coroutine
// and beside a Responder it owns all it shows, so every view lives as long as the Request; in a
// plain function its views live until the handler returns.
#pragma once

#include <charconv>
#include <chrono>
#include <optional>
#include <string>

#include <runar/context.hpp>
#include <runar/detail/owned_view.hpp>

namespace runar {

class Request : public Context {
 public:
  // For the SDK. A borrowed view and an owned one.
  Request(runar_ctx* ctx, const runar_request& view)
      : Context(ctx, view.id), view_(detail::known(view)) {}
  static Request own(runar_ctx* ctx, const runar_request& view, bool with_payload) {
    Request made(ctx, view);
    made.copy();
    made.view_.payload = {};
    if (with_payload) {
      made.kept_ = Payload::keep(view.payload);
      made.view_.payload = made.kept_.lend();
    }
    return made;
  }
  Request(Request&&) = default;
  Request& operator=(Request&&) = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() = default;

  std::string_view network() const { return detail::view(view_.network); }
  std::string_view path() const { return detail::view(view_.path); }      // "users/42/profile"
  std::string_view action() const { return detail::view(view_.action); }  // "users/{id}/profile"
  // What {name} in the action's name captured, percent-decoded; empty when there is no such
  // parameter.
  std::string_view param(std::string_view name) const {
    return detail::find(view_.params, view_.param_count, name);
  }
  // The same as a number; throws Error(RUNAR_E_INVALID) when it is none.
  template <std::integral T>
  T param(std::string_view name) const;
  // The caller's metadata; empty when absent.
  std::string_view meta(std::string_view key) const {
    return detail::find(view_.meta, view_.meta_count, key);
  }
  std::string_view caller_node() const { return detail::view(view_.caller_node); }  // empty: local
  std::string_view caller_service() const { return detail::view(view_.caller_service); }
  std::string_view caller_profile() const { return detail::view(view_.caller_profile); }
  std::uint64_t trace() const { return view_.trace; }
  bool remote() const { return (view_.flags & RUNAR_REQ_REMOTE) != 0; }

  // How long the caller still waits; nothing: for ever. Not below zero.
  std::optional<Duration> remaining() const {
    if (view_.deadline_ns == INT64_MAX) {
      return std::nullopt;
    }
    return Duration(std::max<std::int64_t>(view_.deadline_ns - detail::host->now_ns(), 0));
  }
  // The caller does not wait any more. Worth asking before each expensive step.
  bool cancelled() const {
    return detail::host->request_state(context(), request_id()) != RUNAR_OK;
  }

  // Raw handlers only: typed ones got it decoded.
  const runar_payload& payload() const { return view_.payload; }
  std::span<const std::uint8_t> bytes() const { return detail::view(view_.payload.bytes); }
  Encoding encoding() const { return static_cast<Encoding>(view_.payload.encoding); }
  template <class T>
  T as() const {
    return detail::decode<T>(view_.payload);
  }

 private:
  void copy() {
    runar_str* const texts[] = {&view_.network,     &view_.path,           &view_.action,
                                &view_.caller_node, &view_.caller_service, &view_.caller_profile};
    for (const runar_str* text : texts) {
      arena_.count(*text);
    }
    arena_.count(view_.params, view_.param_count);
    arena_.count(view_.meta, view_.meta_count);
    arena_.allocate();
    for (runar_str* text : texts) {
      arena_.move_in(*text);
    }
    arena_.move_in(view_.params, view_.param_count);
    arena_.move_in(view_.meta, view_.meta_count);
  }

  runar_request view_;
  detail::Arena arena_;
  Payload kept_;
};

template <std::integral T>
T Request::param(std::string_view name) const {
  const std::string_view text = param(name);
  T number{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size()) {
    throw Error(RUNAR_E_INVALID,
                std::string(name) + ": expected an integer, found \"" + std::string(text) + "\"",
                Executed::kNo);
  }
  return number;
}

}  // namespace runar
