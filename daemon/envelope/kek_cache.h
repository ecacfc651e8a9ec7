// KekCache: the KEKs that an opener has unwrapped, and the epochs that it knows to be for others.
//
// At most kMaxKeks in all and kMaxKeksOfSender of one sender: the one that was used longest ago
// goes, and the sender is asked for it again. The KEKs lie in one block of the secure heap, made
// with the cache: no message can find that heap full.
// A KEK that its sender was promised to be kept is pinned: it stays for kPinLife, longer than its
// epoch, or until the sender is forgotten.
// Threading: any thread.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "core/clock.h"
#include "core/ids.h"
#include "crypto/secret_bytes.h"
#include "envelope/key_address.h"
#include "envelope/key_schedule.h"

namespace runard::envelope {

inline constexpr std::size_t kMaxKeks = 4096;
inline constexpr std::size_t kMaxKeksOfSender = 1024;
inline constexpr std::size_t kMaxPinned = 2048;
inline constexpr std::size_t kMaxPinnedOfSender = 32;
inline constexpr core::Duration kPinLife = std::chrono::minutes(70);

class KekCache {
 public:
  enum class Found : std::uint8_t { kNothing, kKek, kForOthers };

  Found find(const core::NodeId& sender, const KeyId& id, Secret& kek);
  void add(const core::NodeId& sender, const KeyId& id, const Secret& kek);
  // Saw all stanzas of this epoch, and none is for a key of this node.
  void add_for_others(const core::NodeId& sender, const KeyId& id);

  // Whether the KEK stays until kPinLife after it was pinned first. False: it is not here, or too
  // many are pinned.
  bool pin(const core::NodeId& sender, const KeyId& id, core::TimePoint now);

  // With the sender's certificate.
  void forget(const core::NodeId& sender);
  // When this node gets keys: what was for others may not be any more.
  void forget_for_others();

  std::size_t size() const;

 private:
  struct Key {
    core::NodeId sender;
    KeyId id;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<core::NodeId>()(key.sender) ^ std::hash<KeyId>()(key.id);
    }
  };
  static constexpr std::size_t kNoSlot = SIZE_MAX;
  struct Entry {
    Key key;
    std::size_t slot = kNoSlot;  // in keks_; none: for others
    std::optional<core::TimePoint> pinned{};
  };
  struct Count {
    std::size_t entries = 0;
    std::size_t pinned = 0;
  };
  using Entries = std::list<Entry>;  // the newest use first

  void insert(const Key& key, const Secret* kek);
  void make_room(const core::NodeId& sender);
  void erase(Entries::iterator entry);
  void unpin(Entry& entry);
  void unpin_ended(core::TimePoint now);
  std::size_t free_slot();
  std::span<std::uint8_t> slot(std::size_t index) {
    return keks_.bytes().subspan(index * kSecretSize, kSecretSize);
  }

  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<Key, Entries::iterator, KeyHash> by_key_;
  std::unordered_map<core::NodeId, Count> of_sender_;
  std::size_t pinned_ = 0;
  crypto::SecretBytes keks_{kMaxKeks * kSecretSize};
  std::size_t never_used_ = 0;  // the slots from here on
  std::vector<std::size_t> free_;
};

}  // namespace runard::envelope
