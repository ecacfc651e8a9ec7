#include "policy/action.h"

#include <algorithm>

namespace runard::policy {
namespace {

constexpr Action kAll[kActions] = {Action::kCall,     Action::kPublish,  Action::kSubscribe,
                                   Action::kRegister, Action::kKeysRead, Action::kAdmin};
constexpr std::string_view kTexts[kActions] = {"call",     "publish",   "subscribe",
                                               "register", "keys.read", "admin"};

}  // namespace

std::string_view action_text(Action action) {
  return kTexts[static_cast<std::size_t>(action)];
}

std::optional<Action> parse_action(std::string_view text) {
  const auto* const at = std::find(std::begin(kTexts), std::end(kTexts), text);
  return at == std::end(kTexts) ? std::nullopt : std::optional(kAll[at - std::begin(kTexts)]);
}

std::span<const Action> all_actions() {
  return kAll;
}

}  // namespace runard::policy
