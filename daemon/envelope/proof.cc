#include "envelope/proof.h"

#include "crypto/constant_time.h"

namespace runard::envelope {

core::Result<void> prove(KeySchedule& schedule, const GroupView& group, std::size_t index,
                         const Secret& dek, GroupKeys& keys) {
  using core::Errc;
  using crypto::equal_in_constant_time;
  schedule.derive(dek.view(), index, keys);
  if (!equal_in_constant_time(keys.commitment, group.commitment)) {
    return core::fail(Errc::kEnvelopeCommitment, "a group's key is not the committed one");
  }
  if (!equal_in_constant_time(schedule.stanza_hmac(keys, group.stanzas), group.hmac)) {
    return core::fail(Errc::kEnvelopeRecipients, "a group's stanzas were changed");
  }
  return {};
}

}  // namespace runard::envelope
