#include "envelope/epoch_keys.h"

#include <algorithm>

#include "envelope/stanza.h"
#include "wire/cbor.h"

namespace runard::envelope {

// One more use of a KEK that may still be used.
std::shared_ptr<const Epoch> EpochKeys::take(const SetKey& set) {
  const std::lock_guard lock(mutex_);
  const auto found = by_set_.find(set);
  if (found == by_set_.end()) {
    return nullptr;
  }
  const auto entry = found->second;
  if (entry->uses >= kEpochUses || clock_.now() - entry->made >= kEpochLife) {
    erase(entry);
    return nullptr;
  }
  ++entry->uses;
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->epoch;
}

core::Result<std::shared_ptr<const Epoch>> EpochKeys::make(Suite suite,
                                                           const RecipientSet& recipients) {
  Secret kek;
  random_.fill(kek.bytes());
  auto epoch = std::make_shared<Epoch>();
  epoch->id = kek_id(kek.view(), suite, sender_, recipients.fingerprint());
  epoch->kek = crypto::SecretBytes::copy_of(kek.view());
  wire::CborWriter(epoch->full).array(1 + recipients.recipients().size());
  append_epoch_stanza(epoch->id, epoch->full);
  wire::CborWriter(epoch->compact).array(1);
  append_epoch_stanza(epoch->id, epoch->compact);
  const auto wrapping = Wrapping::of_kek(suite, sender_, epoch->id, recipients.fingerprint());
  if (const auto made = append_stanzas(wrapping, recipients, kek, random_, epoch->full); !made) {
    return made.error();
  }
  return std::shared_ptr<const Epoch>(std::move(epoch));
}

core::Result<std::shared_ptr<const Epoch>> EpochKeys::use(Suite suite,
                                                          const RecipientSet& recipients) {
  const SetKey set(suite, recipients.digest());
  if (auto epoch = take(set)) {
    return epoch;
  }
  auto made = make(suite, recipients);  // without the lock: it takes long
  if (!made) {
    return made;
  }
  Entry entry{set, {}, *made, clock_.now(), 1};
  for (const Recipient& recipient : recipients.recipients()) {
    entry.recipients.push_back(recipient.address.id);
  }
  const std::lock_guard lock(mutex_);
  if (const auto other = by_set_.find(set); other != by_set_.end()) {
    erase(other->second);  // of another thread; both KEKs are good
  }
  entries_.push_front(std::move(entry));
  by_set_[set] = entries_.begin();
  by_id_[entries_.front().epoch->id] = entries_.begin();
  if (entries_.size() > kMaxEpochs) {
    erase(std::prev(entries_.end()));
  }
  return made;
}

std::shared_ptr<const Epoch> EpochKeys::find(const KeyId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second->epoch;
}

void EpochKeys::forget(const KeyId& recipient) {
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (std::ranges::count(entry->recipients, recipient) > 0) {
      erase(entry);
    }
    entry = next;
  }
}

void EpochKeys::forget_all() {
  const std::lock_guard lock(mutex_);
  by_set_.clear();
  by_id_.clear();
  entries_.clear();
}

std::size_t EpochKeys::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void EpochKeys::erase(Entries::iterator entry) {
  by_set_.erase(entry->set);
  by_id_.erase(entry->epoch->id);
  entries_.erase(entry);
}

}  // namespace runard::envelope
