// Event: what a subscriber knows of what it received. Verdict: what it says about it.
//
// Taken by value, or by const reference when the handler is a plain function. In a coroutine it
// owns all it shows; in a plain function its views live until the handler returns.
#pragma once

#include <chrono>

#include <runar/context.hpp>
#include <runar/detail/owned_view.hpp>

namespace runar {

// Handlers that give a Verdict (or a Task of one) decide when an event is done with; the others
// take what they were given.
class Verdict {
 public:
  static Verdict ok() { return {RUNAR_EVENT_OK, Duration{0}}; }
  static Verdict retry(Duration after) { return {RUNAR_EVENT_RETRY, after}; }
  static Verdict drop() { return {RUNAR_EVENT_DROP, Duration{0}}; }
  std::uint32_t code() const { return code_; }
  Duration retry_after() const { return retry_after_; }

 private:
  Verdict(std::uint32_t code, Duration after) : code_(code), retry_after_(after) {}
  std::uint32_t code_;
  Duration retry_after_;
};

class Event : public Context {
 public:
  // For the SDK. A borrowed view and an owned one.
  Event(runar_ctx* ctx, const runar_event& view) : Context(ctx, 0), view_(detail::known(view)) {}
  static Event own(runar_ctx* ctx, const runar_event& view, bool with_payload) {
    Event made(ctx, view);
    made.copy();
    made.view_.payload = {};
    if (with_payload) {
      made.kept_ = Payload::keep(view.payload);
      made.view_.payload = made.kept_.lend();
    }
    return made;
  }
  Event(Event&&) = default;
  Event& operator=(Event&&) = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() = default;

  std::string_view network() const { return detail::view(view_.network); }
  std::string_view topic() const { return detail::view(view_.topic); }  // never the pattern
  // What {name} in the subscription captured; empty when there is no such parameter.
  std::string_view param(std::string_view name) const {
    return detail::find(view_.params, view_.param_count, name);
  }
  std::string_view meta(std::string_view key) const {
    return detail::find(view_.meta, view_.meta_count, key);
  }
  std::chrono::system_clock::time_point published() const {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            Duration(view_.published_unix_ns)));
  }
  std::string_view source_node() const { return detail::view(view_.source_node); }  // empty: here
  std::string_view source_service() const { return detail::view(view_.source_service); }
  std::string_view owner_profile() const { return detail::view(view_.owner_profile); }
  std::uint64_t sequence() const { return view_.sequence; }  // per publisher and topic, by one
  bool retained() const { return (view_.flags & RUNAR_EV_RETAINED) != 0; }
  bool remote() const { return (view_.flags & RUNAR_EV_REMOTE) != 0; }
  bool redelivered() const { return (view_.flags & RUNAR_EV_REDELIVERED) != 0; }
  bool after_gap() const { return (view_.flags & RUNAR_EV_GAP) != 0; }  // events were lost before

  // Raw handlers only: typed ones got it decoded.
  std::span<const std::uint8_t> bytes() const { return detail::view(view_.payload.bytes); }
  Encoding encoding() const { return static_cast<Encoding>(view_.payload.encoding); }
  template <class T>
  T as() const {
    return detail::decode<T>(view_.payload);
  }

 private:
  void copy() {
    runar_str* const texts[] = {&view_.network, &view_.topic, &view_.source_node,
                                &view_.source_service, &view_.owner_profile};
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

  runar_event view_;
  detail::Arena arena_;
  Payload kept_;
};

}  // namespace runar
