#include "envelope/secret_finder.h"

#include "crypto/sha256_hasher.h"

namespace runard::envelope {
namespace {

using core::Errc;

// Of the recipients' addresses, as RecipientSet has it; stanzas stand in that order.
crypto::Sha256 fingerprint_of(const GroupView& group) {
  crypto::Sha256Hasher hasher;
  StanzaReader reader(group);
  Stanza stanza;
  while (reader.next(stanza)) {
    if (stanza.address.kind != KeyKind::kEpoch) {
      hasher.update(bytes_of(stanza.address).view());
    }
  }
  return hasher.finish();
}

}  // namespace

std::optional<KeyId> epoch_of(const GroupView& group) {
  StanzaReader reader(group);
  Stanza first;
  return reader.next(first) && first.address.kind == KeyKind::kEpoch
             ? std::optional(first.address.id)
             : std::nullopt;
}

core::Result<SecretFinder::Found> SecretFinder::find(const EnvelopeView& view, std::size_t index,
                                                     KeySchedule& schedule, Secret& dek) {
  const GroupView& group = view.groups()[index];
  new_kek_.reset();
  const auto epoch = epoch_of(group);
  if (!epoch) {
    return by_stanza(group, Wrapping::of_dek(view.info.suite, view.info.id, index), dek);
  }
  const auto found = by_epoch(view, group, *epoch, kek_);
  if (found && *found == Found::kDek) {
    schedule.derive_dek(kek_.view(), index, dek);
  }
  return found;
}

core::Result<SecretFinder::Found> SecretFinder::by_epoch(const EnvelopeView& view,
                                                         const GroupView& group, const KeyId& epoch,
                                                         Secret& kek) {
  const Core& info = view.info;
  const auto known =
      cache_ == nullptr ? KekCache::Found::kNothing : cache_->find(info.sender, epoch, kek);
  if (known == KekCache::Found::kKek) {
    return Found::kDek;
  }
  if (group.stanza_count == 1) {
    return known == KekCache::Found::kForOthers ? Found::kNotOurs : Found::kUnknownKek;
  }
  const crypto::Sha256 recipients = fingerprint_of(group);
  auto found = by_stanza(group, Wrapping::of_kek(info.suite, info.sender, epoch, recipients), kek);
  if (!found || *found != Found::kDek) {
    return found;
  }
  if (kek_id(kek.view(), info.suite, info.sender, recipients) != epoch) {
    return core::fail(Errc::kEnvelopeStanza, "a stanza holds the key of another epoch");
  }
  new_kek_ = epoch;
  return found;
}

core::Result<SecretFinder::Found> SecretFinder::by_stanza(const GroupView& group,
                                                          const Wrapping& wrapping,
                                                          Secret& secret) {
  StanzaReader reader(group);
  Stanza stanza;
  while (reader.next(stanza)) {
    if (stanza.address.kind == KeyKind::kEpoch) {
      continue;
    }
    if (const auto key = ring_.find(stanza.address)) {
      const auto opened = unwrap(wrapping, *key, stanza, secret);
      return opened ? core::Result<Found>(Found::kDek) : opened.error();
    }
  }
  return Found::kNotOurs;
}

void SecretFinder::keep_kek(const core::NodeId& sender) {
  if (cache_ != nullptr && new_kek_) {
    cache_->add(sender, *new_kek_, kek_);
    new_kek_.reset();
  }
}

}  // namespace runard::envelope
