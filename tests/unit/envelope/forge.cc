#include "unit/envelope/forge.h"

#include "core/check.h"
#include "crypto/digest.h"
#include "wire/cbor.h"

namespace runard::envelope::testing {
namespace {

core::Bytes copy(core::ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

ForgedGroup take_apart(const GroupView& view) {
  ForgedGroup group;
  for (const std::string_view label : labels_of(view)) {
    group.labels.emplace_back(label);
  }
  group.commitment = copy(view.commitment);
  group.size = view.ciphertext_size;
  group.hash = copy(view.ciphertext_hash);
  group.hmac = copy(view.hmac);
  group.ciphertext = copy(view.ciphertext);
  StanzaReader reader(view);
  Stanza stanza;
  while (reader.next(stanza)) {
    group.stanzas.push_back({static_cast<std::uint64_t>(stanza.address.kind),
                             copy(stanza.address.id.bytes), stanza.address.version,
                             copy(stanza.enc), copy(stanza.wrapped)});
  }
  return group;
}

void put_header(wire::CborWriter& writer, const ForgedGroup& group) {
  writer.array(4);
  writer.array(group.labels.size());
  for (const std::string& label : group.labels) {
    writer.text(label);
  }
  writer.bytes(group.commitment);
  writer.number(group.size);
  writer.bytes(group.hash);
}

void put_group(wire::CborWriter& writer, const ForgedGroup& group) {
  writer.array(3);
  writer.array(group.stanzas.size());
  for (const ForgedStanza& stanza : group.stanzas) {
    writer.array(5);
    writer.number(stanza.kind);
    writer.bytes(stanza.id);
    writer.number(stanza.version);
    writer.bytes(stanza.enc);
    writer.bytes(stanza.wrapped);
  }
  writer.bytes(group.hmac);
  writer.bytes(group.ciphertext);
}

}  // namespace

Forged::Forged(core::ByteView envelope) {
  const auto view = EnvelopeView::parse(envelope);
  RUNARD_CHECK(view.has_value());
  const Core& info = view->info;
  suite = static_cast<std::uint64_t>(info.suite);
  type = info.type;
  network = info.network ? copy(info.network->bytes) : core::Bytes{};
  sender = copy(info.sender.bytes);
  id = copy(info.id.bytes);
  created = info.created_ms;
  kind = static_cast<std::uint64_t>(info.context.kind);
  path = info.context.path;
  correlation = copy(info.context.correlation);
  clear = copy(view->clear);
  for (const GroupView& group : view->groups()) {
    groups.push_back(take_apart(group));
  }
  signature = copy(view->signature);
  signer = copy(view->signer.bytes);
  RUNARD_CHECK(bytes() == copy(envelope));
}

core::Bytes Forged::bytes() const {
  core::Bytes out;
  wire::CborWriter writer(out);
  const auto number = [&](std::uint64_t key, std::uint64_t value) {
    writer.key(key);
    writer.number(value);
  };
  const auto blob = [&](std::uint64_t key, core::ByteView value) {
    writer.key(key);
    writer.bytes(value);
  };
  writer.array(3);
  writer.map(10);
  number(1, version);
  number(2, suite);
  writer.key(3);
  writer.text(type);
  writer.key(4);
  network.empty() ? writer.null() : writer.bytes(network);
  blob(5, sender);
  blob(6, id);
  number(7, created);
  writer.key(8);
  writer.map(3);
  number(1, kind);
  writer.key(2);
  writer.text(path);
  blob(3, correlation);
  writer.key(9);
  out.insert(out.end(), clear.begin(), clear.end());
  writer.key(10);
  writer.array(groups.size());
  for (const ForgedGroup& group : groups) {
    put_header(writer, group);
  }
  writer.array(groups.size());
  for (const ForgedGroup& group : groups) {
    put_group(writer, group);
  }
  writer.map(signature.empty() ? 0 : 2);
  if (!signature.empty()) {
    blob(1, signature);
    blob(2, signer);
  }
  return out;
}

void Forged::hash_ciphertexts() {
  for (ForgedGroup& group : groups) {
    const crypto::Sha256 digest = crypto::sha256(group.ciphertext);
    group.hash = copy(digest);
    group.size = group.ciphertext.size();
  }
}

}  // namespace runard::envelope::testing
