// A group's secret, wrapped for each recipient by HPKE (README.md, "Stanzas").
#pragma once

#include "core/random.h"
#include "core/result.h"
#include "envelope/key_schedule.h"
#include "envelope/layout.h"
#include "envelope/recipient_set.h"

namespace runard::envelope {

// What a wrapped secret is bound to besides its recipient: a message's DEK to the message and the
// group; an epoch's KEK to its sender, its id and the set of recipients.
struct Wrapping {
  static Wrapping of_dek(Suite suite, const MessageId& id, std::size_t group);
  static Wrapping of_kek(Suite suite, const core::NodeId& sender, const KeyId& kek,
                         const crypto::Sha256& recipients);

  Suite suite{};
  JoinedBytes<64> aad;
};

// The id of a KEK follows from the KEK, its sender and its recipients' fingerprint: nobody can pass
// off another KEK under it.
KeyId kek_id(core::ByteView kek, Suite suite, const core::NodeId& sender,
             const crypto::Sha256& recipients);

// A stanza for each recipient, as items of a CBOR array, appended to `out`. kInvalidArgument if a
// recipient's key is not one of the suite, or is of low order.
core::Result<void> append_stanzas(const Wrapping& wrapping, const RecipientSet& recipients,
                                  const Secret& secret, core::Random& random, core::Bytes& out);
// The stanza that names an epoch.
void append_epoch_stanza(const KeyId& kek, core::Bytes& out);

// kEnvelopeStanza if it does not open.
core::Result<void> unwrap(const Wrapping& wrapping, const crypto::AgreementPrivateKey& key,
                          const Stanza& stanza, Secret& secret);

}  // namespace runard::envelope
