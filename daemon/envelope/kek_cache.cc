#include "envelope/kek_cache.h"

#include <algorithm>

namespace runard::envelope {

KekCache::Found KekCache::find(const core::NodeId& sender, const KeyId& id, Secret& kek) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find({sender, id});
  if (found == by_key_.end()) {
    return Found::kNothing;
  }
  const auto entry = found->second;
  entries_.splice(entries_.begin(), entries_, entry);
  if (entry->slot == kNoSlot) {
    return Found::kForOthers;
  }
  std::ranges::copy(slot(entry->slot), kek.bytes().begin());
  return Found::kKek;
}

void KekCache::add(const core::NodeId& sender, const KeyId& id, const Secret& kek) {
  insert({sender, id}, &kek);
}

void KekCache::add_for_others(const core::NodeId& sender, const KeyId& id) {
  insert({sender, id}, nullptr);
}

void KekCache::insert(const Key& key, const Secret* kek) {
  const std::lock_guard lock(mutex_);
  if (const auto old = by_key_.find(key); old != by_key_.end()) {
    if (kek == nullptr) {
      return;  // a KEK is worth more
    }
    if (old->second->slot != kNoSlot) {
      return;  // it is the same one: its id says so
    }
    erase(old->second);
  }
  make_room(key.sender);
  Entry entry{key};
  if (kek != nullptr) {
    entry.slot = free_slot();
    std::ranges::copy(kek->view(), slot(entry.slot).begin());
  }
  entries_.push_front(entry);
  by_key_.emplace(key, entries_.begin());
  ++of_sender_[key.sender].entries;
}

void KekCache::make_room(const core::NodeId& sender) {
  const auto count = of_sender_.find(sender);
  const bool too_many = count != of_sender_.end() && count->second.entries >= kMaxKeksOfSender;
  if (!too_many && entries_.size() < kMaxKeks) {
    return;
  }
  const auto oldest = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
    return !entry.pinned && (!too_many || entry.key.sender == sender);
  });
  erase(std::prev(oldest.base()));
}

std::size_t KekCache::free_slot() {
  if (free_.empty()) {
    return never_used_++;
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  return index;
}

void KekCache::erase(Entries::iterator entry) {
  if (entry->slot != kNoSlot) {
    crypto::cleanse(slot(entry->slot));
    free_.push_back(entry->slot);
  }
  unpin(*entry);
  const auto count = of_sender_.find(entry->key.sender);
  if (--count->second.entries == 0) {
    of_sender_.erase(count);
  }
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

void KekCache::unpin(Entry& entry) {
  if (entry.pinned) {
    entry.pinned.reset();
    --of_sender_[entry.key.sender].pinned;
    --pinned_;
  }
}

void KekCache::unpin_ended(core::TimePoint now) {
  for (Entry& entry : entries_) {
    if (entry.pinned && now - *entry.pinned >= kPinLife) {
      unpin(entry);
    }
  }
}

bool KekCache::pin(const core::NodeId& sender, const KeyId& id, core::TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find({sender, id});
  if (found == by_key_.end() || found->second->slot == kNoSlot) {
    return false;
  }
  Entry& entry = *found->second;
  if (entry.pinned) {
    return true;
  }
  const auto full = [&] {
    return of_sender_[sender].pinned >= kMaxPinnedOfSender || pinned_ >= kMaxPinned;
  };
  if (full()) {
    unpin_ended(now);
  }
  if (full()) {
    return false;
  }
  entry.pinned = now;
  ++of_sender_[sender].pinned;
  ++pinned_;
  return true;
}

void KekCache::forget(const core::NodeId& sender) {
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->key.sender == sender) {
      erase(entry);
    }
    entry = next;
  }
}

void KekCache::forget_for_others() {
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->slot == kNoSlot) {
      erase(entry);
    }
    entry = next;
  }
}

std::size_t KekCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace runard::envelope
