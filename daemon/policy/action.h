// Action: what somebody may or may not do with a topic path. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace runard::policy {

enum class Action : std::uint8_t {
  kCall,       // send a request there
  kPublish,    // publish an event there
  kSubscribe,  // be sent the events published there
  kRegister,   // offer a service there
  kKeysRead,   // call $keys/...
  kAdmin,      // change what runs here: $registry/.../pause and resume. Never by default
};
inline constexpr std::size_t kActions = 6;

// "call", "publish", "subscribe", "register", "keys.read", "admin"
std::string_view action_text(Action action);
std::optional<Action> parse_action(std::string_view text);
std::span<const Action> all_actions();

// A set of them.
class ActionSet {
 public:
  constexpr ActionSet() = default;
  void add(Action action) { bits_ = static_cast<std::uint8_t>(bits_ | bit(action)); }
  bool has(Action action) const { return (bits_ & bit(action)) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  static constexpr unsigned bit(Action action) { return 1U << static_cast<unsigned>(action); }
  std::uint8_t bits_ = 0;
};

}  // namespace runard::policy
