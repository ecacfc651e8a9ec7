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
    erase(old->second);
  }
  make_room(key.sender);
  Entry entry{key, kNoSlot};
  if (kek != nullptr) {
    entry.slot = free_slot();
    std::ranges::copy(kek->view(), slot(entry.slot).begin());
  }
  entries_.push_front(entry);
  by_key_.emplace(key, entries_.begin());
  ++of_sender_[key.sender];
}

void KekCache::make_room(const core::NodeId& sender) {
  const auto count = of_sender_.find(sender);
  if (count != of_sender_.end() && count->second >= kMaxKeksOfSender) {
    const auto oldest = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
      return entry.key.sender == sender;
    });
    erase(std::prev(oldest.base()));
  } else if (entries_.size() >= kMaxKeks) {
    erase(std::prev(entries_.end()));
  }
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
  const auto count = of_sender_.find(entry->key.sender);
  if (--count->second == 0) {
    of_sender_.erase(count);
  }
  by_key_.erase(entry->key);
  entries_.erase(entry);
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
