// SecretFinder: finds a group's DEK in its stanzas: the first one for a key that this node holds.
// After it, no other stanza is tried: if that one does not open, the envelope was changed.
//
// Threading: one thread at a time.
#pragma once

#include <optional>

#include "core/result.h"
#include "envelope/kek_cache.h"
#include "envelope/key_ring.h"
#include "envelope/key_schedule.h"
#include "envelope/layout.h"
#include "envelope/stanza.h"

namespace runard::envelope {

class SecretFinder {
 public:
  enum class Found : std::uint8_t {
    kDek,
    kNotOurs,     // no stanza is for this node
    kUnknownKek,  // may be ours: the stanzas name an epoch that was not seen yet, and no recipient
  };

  // Both outlive it; without a cache, epochs are told from their stanzas only.
  SecretFinder(const KeyRing& ring, KekCache* cache) : ring_(ring), cache_(cache) {}

  // `schedule` has begun with this message. kEnvelopeStanza when a stanza for a key of ours does
  // not open, or holds a KEK that does not have the epoch's id.
  core::Result<Found> find(const EnvelopeView& view, std::size_t index, KeySchedule& schedule,
                           Secret& dek);
  // The DEK that was found last proved right: its KEK may be kept.
  void keep_kek(const core::NodeId& sender);

 private:
  core::Result<Found> by_epoch(const EnvelopeView& view, const GroupView& group, const KeyId& epoch,
                               Secret& kek);
  core::Result<Found> by_stanza(const GroupView& group, const Wrapping& wrapping, Secret& secret);

  const KeyRing& ring_;
  KekCache* cache_;
  Secret kek_;
  std::optional<KeyId> new_kek_;  // kek_ was unwrapped just now
};

// The id of the epoch that a group names, if any.
std::optional<KeyId> epoch_of(const GroupView& group);

}  // namespace runard::envelope
