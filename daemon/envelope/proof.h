// What a group's DEK has to match before anything is done with it: the sender's commitment, so
// that it is the one key for all recipients, and the HMAC over the stanzas, so that nobody without
// the key took one away or added one.
#pragma once

#include "core/result.h"
#include "envelope/key_schedule.h"

namespace runard::envelope {

// Derives the group's keys. kEnvelopeCommitment, kEnvelopeRecipients.
core::Result<void> prove(KeySchedule& schedule, const GroupView& group, std::size_t index,
                         const Secret& dek, GroupKeys& keys);

}  // namespace runard::envelope
