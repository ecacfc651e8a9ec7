#include "envelope/opener.h"

#include <algorithm>

#include "envelope/fields.h"
#include "envelope/proof.h"
#include "envelope/signature.h"

namespace runard::envelope {
namespace {

using core::Errc;
using Found = SecretFinder::Found;

core::Result<void> check_context(const Core& info, const Expected& expected) {
  const auto other = [](const char* what) { return core::fail(Errc::kEnvelopeContext, what); };
  if (expected.type && info.type != *expected.type) {
    return other("the type is another");
  }
  if (info.network != expected.network) {
    return other("the network is another");
  }
  if (expected.peer && info.sender != *expected.peer) {
    return other("the sender is not the peer");
  }
  if (info.context.kind != expected.context.kind) {
    return other("the kind of message is another");
  }
  if (info.context.path != expected.context.path) {
    return other("the path is another");
  }
  if (!std::ranges::equal(info.context.correlation, expected.context.correlation)) {
    return other("the correlation is another");
  }
  return {};
}

std::vector<Field> fields_of(core::ByteView map) {
  std::vector<Field> fields;
  FieldReader reader(map);
  Field field;
  while (reader.next(field)) {
    fields.push_back(field);
  }
  return fields;
}

// Whoever could put a field into two places could show different values to different readers.
core::Result<void> check_each_field_once(const Opened& opened) {
  std::vector<std::string_view> paths;
  const auto collect = [&](const std::vector<Field>& fields) {
    for (const Field& field : fields) {
      paths.push_back(field.path);
    }
  };
  collect(opened.clear);
  for (const OpenedGroup& group : opened.groups) {
    if (group.fields) {
      collect(*group.fields);
    }
  }
  std::ranges::sort(paths);
  if (std::ranges::adjacent_find(paths) != paths.end()) {
    return core::fail(Errc::kEnvelopeFields, "a field stands there twice");
  }
  return {};
}

}  // namespace

core::Result<Outcome> Opener::open(core::ByteView envelope, const Expected& expected) {
  const auto view = EnvelopeView::parse(envelope);
  if (!view) {
    return view.error();
  }
  if (!suites_.contains(view->info.suite)) {
    return core::fail(Errc::kEnvelopeUnsupported, "a suite that is not allowed here");
  }
  if (const auto good = check_context(view->info, expected); !good) {
    return good.error();
  }
  if (const auto good = check_ciphertexts(*view); !good) {
    return good.error();
  }
  const bool signature_needed = !expected.peer || expected.context.kind == Kind::kStored;
  if (const auto good = check_signature(*view, signature_needed); !good) {
    return good.error();
  }
  return open_groups(*view, expected.peer.has_value());
}

// By everybody, with or without keys.
core::Result<void> Opener::check_ciphertexts(const EnvelopeView& view) {
  for (const GroupView& group : view.groups()) {
    hasher_.update(group.ciphertext);
    const crypto::Sha256 hash = hasher_.finish();
    if (group.ciphertext_size != group.ciphertext.size() ||
        !std::ranges::equal(hash, group.ciphertext_hash)) {
      return core::fail(Errc::kEnvelopeCiphertext, "a ciphertext is not the one of the core");
    }
  }
  return {};
}

core::Result<void> Opener::check_signature(const EnvelopeView& view, bool needed) const {
  if (view.signature.empty()) {
    return needed ? core::Result<void>(
                        core::fail(Errc::kEnvelopeSignature, "the sender has not signed"))
                  : core::Result<void>();
  }
  const auto key = ring_.signer(view.info.sender, view.signer);
  if (!key) {
    return core::fail(Errc::kEnvelopeSignature, "the signing key is not known as the sender's");
  }
  if (!verify_core(*key, view.core_bytes, view.signature)) {
    return core::fail(Errc::kEnvelopeSignature, "the signature is wrong");
  }
  return {};
}

core::Result<Outcome> Opener::open_groups(const EnvelopeView& view, bool from_sender) {
  schedule_.begin(view.info.suite, view.info.id);
  aad_.begin(view.before_groups);
  for (const GroupView& group : view.groups()) {
    aad_.add(group.labels, group.commitment);
  }
  aad_.end();
  Opened opened{view.info, fields_of(view.clear), {}, !view.signature.empty(), {}, {}};
  std::optional<KekUnknown> unknown;
  for (std::size_t i = 0; i < view.group_count; ++i) {
    core::Bytes plaintext;
    const auto found = open_group(view, i, plaintext);
    if (!found) {
      return found.error();
    }
    if (*found == Found::kUnknownKek && !unknown) {
      unknown = KekUnknown{*epoch_of(view.groups()[i])};
    }
    OpenedGroup group{labels_of(view.groups()[i]), std::nullopt};
    if (*found == Found::kDek) {
      opened.plaintexts.push_back(std::move(plaintext));
      group.fields = fields_of(opened.plaintexts.back());
      const auto epoch = epoch_of(view.groups()[i]);
      if (epoch && from_sender && view.groups()[i].stanza_count > 1) {
        opened.epochs.push_back(*epoch);
      }
    } else if (*found == Found::kNotOurs && from_sender) {
      remember_not_ours(view, i);
    }
    opened.groups.push_back(std::move(group));
  }
  if (unknown) {
    return Outcome(*unknown);
  }
  if (const auto good = check_each_field_once(opened); !good) {
    return good.error();
  }
  return Outcome(std::move(opened));
}

// Only what the sender itself sent says so: others could have left our stanza out.
void Opener::remember_not_ours(const EnvelopeView& view, std::size_t index) {
  const GroupView& group = view.groups()[index];
  const auto epoch = epoch_of(group);
  if (epoch && group.stanza_count > 1) {
    cache_.add_for_others(view.info.sender, *epoch);
  }
}

core::Result<Found> Opener::open_group(const EnvelopeView& view, std::size_t index,
                                       core::Bytes& plaintext) {
  Secret dek;
  auto found = finder_.find(view, index, schedule_, dek);
  if (!found || *found != Found::kDek) {
    return found;
  }
  if (const auto good = decrypt(view, index, dek, plaintext); !good) {
    return good.error();
  }
  finder_.keep_kek(view.info.sender);
  return found;
}

core::Result<void> Opener::decrypt(const EnvelopeView& view, std::size_t index, const Secret& dek,
                                   core::Bytes& plaintext) {
  const GroupView& group = view.groups()[index];
  GroupKeys keys;
  if (const auto proved = prove(schedule_, group, index, dek, keys); !proved) {
    return proved;
  }
  plaintext.resize(group.ciphertext.size() - crypto::kAeadTagSize);
  if (!ciphers_.of(view.info.suite)
           .open(keys.key.view(), kNonce, aad_.of(index, group.labels).view(), group.ciphertext,
                 plaintext)) {
    return core::fail(Errc::kEnvelopeCiphertext, "a group does not open with its key");
  }
  const bool canonical = is_canonical(plaintext, kMaxFieldDepth + 1);
  const Errc code = canonical ? check_fields(plaintext) : Errc::kEnvelopeMalformed;
  if (code != Errc{} || plaintext[0] == 0xa0) {
    return core::fail(Errc::kEnvelopeFields, "a group's fields are not well formed");
  }
  return {};
}

}  // namespace runard::envelope
