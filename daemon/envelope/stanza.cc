#include "envelope/stanza.h"

#include <algorithm>

#include "core/check.h"
#include "wire/cbor.h"

namespace runard::envelope {
namespace {

using Info = JoinedBytes<40>;

Info info_of(Suite suite, const KeyAddress& address) {
  Info info;
  info.add("runard v1 stanza").add_number(static_cast<std::uint16_t>(suite));
  info.add(bytes_of(address).view());
  return info;
}

void append_stanza(const Stanza& stanza, core::Bytes& out) {
  wire::CborWriter writer(out);
  writer.array(5);
  writer.number(static_cast<std::uint64_t>(stanza.address.kind));
  writer.bytes(stanza.address.id.bytes);
  writer.number(stanza.address.version);
  writer.bytes(stanza.enc);
  writer.bytes(stanza.wrapped);
}

}  // namespace

Wrapping Wrapping::of_dek(Suite suite, const MessageId& id, std::size_t group) {
  Wrapping wrapping{suite, {}};
  wrapping.aad.add(id.bytes).add_number(static_cast<std::uint8_t>(group));
  return wrapping;
}

Wrapping Wrapping::of_kek(Suite suite, const core::NodeId& sender, const KeyId& kek,
                          const crypto::Sha256& recipients) {
  Wrapping wrapping{suite, {}};
  wrapping.aad.add(sender.bytes).add(kek.bytes).add(recipients);
  return wrapping;
}

KeyId kek_id(core::ByteView kek, Suite suite, const core::NodeId& sender,
             const crypto::Sha256& recipients) {
  JoinedBytes<80> info;
  info.add("runard v1 kek-id").add_number(static_cast<std::uint16_t>(suite));
  info.add(sender.bytes).add(recipients);
  crypto::Hkdf hkdf;
  KeyId id;
  hkdf.set_key(kek);
  RUNARD_CHECK(hkdf.expand(info.view(), id.bytes));
  return id;
}

core::Result<void> append_stanzas(const Wrapping& wrapping, const RecipientSet& recipients,
                                  const Secret& secret, core::Random& random, core::Bytes& out) {
  for (const Recipient& recipient : recipients.recipients()) {
    auto sender =
        crypto::HpkeSender::create(hpke_of(wrapping.suite), recipient.key,
                                   info_of(wrapping.suite, recipient.address).view(), random);
    if (!sender) {
      return sender.error();
    }
    const auto wrapped = sender->seal(wrapping.aad.view(), secret.view());
    if (!wrapped) {
      return wrapped.error();
    }
    append_stanza({recipient.address, sender->enc(), *wrapped}, out);
  }
  return {};
}

void append_epoch_stanza(const KeyId& kek, core::Bytes& out) {
  append_stanza({{KeyKind::kEpoch, kek, 0}, {}, {}}, out);
}

core::Result<void> unwrap(const Wrapping& wrapping, const crypto::AgreementPrivateKey& key,
                          const Stanza& stanza, Secret& secret) {
  auto receiver = crypto::HpkeReceiver::create(hpke_of(wrapping.suite), key, stanza.enc,
                                               info_of(wrapping.suite, stanza.address).view());
  if (!receiver) {
    return core::fail(core::Errc::kEnvelopeStanza, "a stanza for a key of ours has no good key");
  }
  const auto opened = receiver->open(wrapping.aad.view(), stanza.wrapped);
  if (!opened || opened->size() != kSecretSize) {
    return core::fail(core::Errc::kEnvelopeStanza, "a stanza for a key of ours does not open");
  }
  std::ranges::copy(opened->view(), secret.bytes().begin());
  return {};
}

}  // namespace runard::envelope
