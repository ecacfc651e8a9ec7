#include "envelope/recipient_set.h"

#include <algorithm>

#include "crypto/sha256_hasher.h"

namespace runard::envelope {

using core::Errc;

AddressBytes bytes_of(const KeyAddress& address) {
  AddressBytes bytes;
  bytes.add_number(static_cast<std::uint8_t>(address.kind)).add(address.id.bytes);
  bytes.add_number(address.version);
  return bytes;
}

RecipientSet::RecipientSet(std::vector<Recipient> recipients) : recipients_(std::move(recipients)) {
  crypto::Sha256Hasher addresses;
  crypto::Sha256Hasher all;
  for (const Recipient& recipient : recipients_) {
    const AddressBytes address = bytes_of(recipient.address);
    addresses.update(address.view());
    all.update(address.view());
    all.update(recipient.key.raw());
  }
  fingerprint_ = addresses.finish();
  digest_ = all.finish();
}

core::Result<RecipientSet> RecipientSet::make(std::vector<Recipient> recipients) {
  if (recipients.empty() || recipients.size() > kMaxRecipients) {
    return core::fail(Errc::kInvalidArgument, "a group has 1 to 63 recipients");
  }
  std::ranges::sort(recipients, {}, &Recipient::address);
  if (std::ranges::adjacent_find(recipients, {}, &Recipient::address) != recipients.end()) {
    return core::fail(Errc::kInvalidArgument, "a recipient is named twice");
  }
  const crypto::Kem kem = recipients.front().key.kem();
  for (const Recipient& recipient : recipients) {
    if (recipient.address.kind == KeyKind::kEpoch) {
      return core::fail(Errc::kInvalidArgument, "an epoch is no recipient");
    }
    if (recipient.key.kem() != kem) {
      return core::fail(Errc::kInvalidArgument, "the recipients' keys are of different kinds");
    }
  }
  return RecipientSet(std::move(recipients));
}

}  // namespace runard::envelope
