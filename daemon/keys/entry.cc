#include "keys/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace runard::keys {
namespace {

auto key_of(const Entry& entry) {
  return std::tuple(entry.kind, entry.id, entry.version);
}

bool in_bounds(const Entry& entry) {
  return entry.kind >= EntryKind::kIdentity && entry.kind <= EntryKind::kMark &&
         entry.state >= EntryState::kPending && entry.state <= EntryState::kDecryptOnly &&
         entry.created_ms >= 0 && entry.changed_ms >= 0 && entry.name.size() <= kMaxEntryName &&
         !entry.secret.empty() && entry.secret.size() <= kMaxEntrySecret;
}

}  // namespace

std::string_view kind_text(EntryKind kind) {
  constexpr std::string_view kTexts[] = {"?",       "identity", "agreement", "network",
                                         "profile", "storage",  "root",      "mark"};
  const auto at = static_cast<std::size_t>(kind);
  return kTexts[at < std::size(kTexts) ? at : 0];
}

std::string_view state_text(EntryState state) {
  constexpr std::string_view kTexts[] = {"?", "pending", "active", "decrypt-only"};
  const auto at = static_cast<std::size_t>(state);
  return kTexts[at < std::size(kTexts) ? at : 0];
}

Entry Entry::copy() const {
  return {kind,       id,         version, state,
          created_ms, changed_ms, name,    crypto::SecretBytes::copy_of(secret.view())};
}

std::vector<Entry> copy_of(const std::vector<Entry>& entries) {
  std::vector<Entry> copies;
  copies.reserve(entries.size());
  for (const Entry& entry : entries) {
    copies.push_back(entry.copy());
  }
  return copies;
}

core::Result<void> sort_and_check(std::vector<Entry>& entries) {
  if (entries.size() > kMaxEntries) {
    return core::fail(core::Errc::kInvalidArgument,
                      fmt::format("more than {} keys in a keystore", kMaxEntries));
  }
  if (!std::ranges::all_of(entries, in_bounds)) {
    return core::fail(core::Errc::kInvalidArgument, "a key's entry is out of bounds");
  }
  std::ranges::sort(entries, {}, key_of);
  if (std::ranges::adjacent_find(entries, {}, key_of) != entries.end()) {
    return core::fail(core::Errc::kInvalidArgument, "two entries for one key");
  }
  return {};
}

}  // namespace runard::keys
