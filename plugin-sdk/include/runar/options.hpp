// The options of calls, publications, actions and subscriptions: plain structs, made to be written
// in place: {.timeout = 2s, .idempotent = true, .meta = {"key", "value"}}.
//
// They borrow their texts until the function that takes them returns. They own nothing for a
// reason: g++ 12 destroys members of such temporaries twice inside a co_await expression.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <runar/error.hpp>

namespace runar {

using Duration = std::chrono::nanoseconds;

template <class T>
concept Text = std::convertible_to<T, std::string_view>;

// Up to 8 pairs, written flat: {"key", "value", "key", "value"}; or add()ed one by one.
class Meta {
 public:
  static constexpr std::size_t kMaxPairs = 8;
  Meta() {}  // NOLINT(modernize-use-equals-default): leaves the entries as they are
  template <Text... Texts>
    requires(sizeof...(Texts) > 0 && sizeof...(Texts) % 2 == 0 && sizeof...(Texts) / 2 <= kMaxPairs)
  Meta(Texts&&... texts) {  // NOLINT(google-explicit-constructor)
    const std::array<std::string_view, sizeof...(Texts)> flat{std::string_view(texts)...};
    for (std::size_t i = 0; i < flat.size(); i += 2) {
      add(flat[i], flat[i + 1]);
    }
  }
  Meta& add(std::string_view key, std::string_view value) {
    if (size_ == kMaxPairs) {
      throw Error(RUNAR_E_TOO_LARGE, "more than 8 pairs of metadata", Executed::kNo);
    }
    entries_[size_++] = {detail::str(key), detail::str(value)};
    return *this;
  }
  const runar_kv* data() const { return entries_; }
  std::size_t size() const { return size_; }

 private:
  runar_kv entries_[kMaxPairs];
  std::size_t size_ = 0;
};

// Up to 16 texts: {"profile-1", "profile-2"}.
class Texts {
 public:
  static constexpr std::size_t kMaxTexts = 16;
  Texts() {}  // NOLINT(modernize-use-equals-default): leaves the entries as they are
  template <Text... Each>
    requires(sizeof...(Each) > 0 && sizeof...(Each) <= kMaxTexts)
  Texts(Each&&... each) {  // NOLINT(google-explicit-constructor)
    (add(std::string_view(each)), ...);
  }
  Texts& add(std::string_view text) {
    if (size_ == kMaxTexts) {
      throw Error(RUNAR_E_TOO_LARGE, "more than 16 texts", Executed::kNo);
    }
    entries_[size_++] = detail::str(text);
    return *this;
  }
  const runar_str* data() const { return entries_; }
  std::size_t size() const { return size_; }

 private:
  runar_str entries_[kMaxTexts];
  std::size_t size_ = 0;
};

struct CallOptions {
  std::optional<Duration> timeout{};  // default: the request's own deadline, else the daemon's
  std::string_view target{};          // a node's name or id; empty: the balancer chooses
  bool idempotent = false;            // may be retried after an unknown outcome
  bool direct = true;                 // may run the callee inside; false: you hold a lock
  Meta meta{};
  // Profile ids that private fields of the request are sealed for as well, where a rule of the
  // node's operator names them for the field's label.
  Texts recipients{};  // as a call's
};

struct PublishOptions {
  bool broadcast = true;  // false: to subscribers of this node only
  bool guaranteed = false;
  std::optional<Duration> retain_for{};  // for subscribers that come later
  std::string_view target{};             // one node only, by name or id
  Meta meta{};
  std::string_view owner_profile{};  // whose private data it is
  Texts recipients{};
};

struct ActionOptions {
  std::string_view summary{};
  bool parallel = false;    // may run beside other handlers of this instance, on several threads
  bool blocking = false;    // waits inside: runs on threads that are allowed to
  bool prompt = false;      // never waits: may run on the thread that received the request
  bool idempotent = false;  // may be retried after an unknown outcome
  std::uint32_t max_concurrency = 0;     // unanswered requests at once; 0: the daemon's default
  std::chrono::milliseconds timeout{0};  // 0: the daemon's default
};

enum class Overflow : std::uint32_t {
  kDropOldest = RUNAR_DROP_OLDEST,
  kDropNewest = RUNAR_DROP_NEWEST,
  kDisconnect = RUNAR_DISCONNECT,
  kBlock = RUNAR_BLOCK
};

struct SubscribeOptions {
  std::string_view group{};       // one member of a group gets each event
  Duration include_past{0};       // replay retained events up to this old first
  bool durable = false;           // with group: guaranteed events wait while nobody is there
  std::uint32_t queue_limit = 0;  // events; 0: the daemon's default
  std::uint64_t queue_bytes = 0;
  Overflow overflow = Overflow::kDropOldest;
};

namespace detail {

// Copies of borrowed texts, for as long as a call or publication lives.
class OwnedTexts {
 public:
  runar_str keep(std::string_view text) {
    return text.empty() ? runar_str{} : str(texts_.emplace_back(text));
  }
  // Call once, before the first keep(): the texts must not move.
  void reserve(std::size_t count) { texts_.reserve(count); }

 private:
  std::vector<std::string> texts_;
};

// The lists of a call or publication, owned.
class OwnedLists {
 public:
  OwnedLists(const Meta& meta, const Texts& recipients) {
    const std::size_t count = meta.size() * 2 + recipients.size();
    if (count == 0) {
      return;
    }
    texts_.reserve(count);
    for (std::size_t i = 0; i < meta.size(); ++i) {
      const runar_kv& pair = meta.data()[i];
      meta_.push_back({texts_.keep(view(pair.key)), texts_.keep(view(pair.value))});
    }
    for (std::size_t i = 0; i < recipients.size(); ++i) {
      recipients_.push_back(texts_.keep(view(recipients.data()[i])));
    }
  }
  const std::vector<runar_kv>& meta() const { return meta_; }
  const std::vector<runar_str>& recipients() const { return recipients_; }

 private:
  OwnedTexts texts_;
  std::vector<runar_kv> meta_;
  std::vector<runar_str> recipients_;
};

// g++ 12 destroys twice what an aggregate temporary owns, when it is made inside a co_await
// expression. Such a value is refused at compile time: give it a name first.
template <class Given>
inline constexpr bool kSafeToAwaitWith =
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ <= 12
    std::is_lvalue_reference_v<Given> || !std::is_aggregate_v<std::remove_cvref_t<Given>> ||
    std::is_trivially_destructible_v<std::remove_cvref_t<Given>>;
#else
    true;
#endif

}  // namespace detail

}  // namespace runar
