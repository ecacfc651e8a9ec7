#include "envelope/key_schedule.h"

#include "core/check.h"
#include "envelope/joined_bytes.h"

namespace runard::envelope {

void KeySchedule::begin(Suite suite, const MessageId& id) {
  suite_ = suite;
  hkdf_.set_salt(id.bytes);
}

void KeySchedule::expand(std::string_view label, std::size_t group, std::span<std::uint8_t> out) {
  JoinedBytes<32> info;
  info.add(label).add_number(static_cast<std::uint16_t>(suite_));
  info.add_number(static_cast<std::uint8_t>(group));
  RUNARD_CHECK(hkdf_.expand(info.view(), out));
}

void KeySchedule::derive_dek(core::ByteView kek, std::size_t group, Secret& dek) {
  hkdf_.extract(kek);
  expand("runard v1 dek", group, dek.bytes());
}

void KeySchedule::derive(core::ByteView dek, std::size_t group, GroupKeys& keys) {
  hkdf_.extract(dek);
  expand("runard v1 key", group, keys.key.bytes());
  expand("runard v1 commit", group, keys.commitment);
  expand("runard v1 hdr", group, keys.stanza_key.bytes());
}

Hash KeySchedule::stanza_hmac(const GroupKeys& keys, core::ByteView stanzas) {
  Hash hmac{};
  hmac_.set_key(keys.stanza_key.view());
  hmac_.update(stanzas);
  hmac_.finish(hmac);
  return hmac;
}

}  // namespace runard::envelope
