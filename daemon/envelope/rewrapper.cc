#include "envelope/rewrapper.h"

#include "envelope/proof.h"
#include "wire/cbor.h"

namespace runard::envelope {

core::Result<Rewrapped> Rewrapper::rewrap(core::ByteView envelope, const Choose& choose) {
  const auto view = EnvelopeView::parse(envelope);
  if (!view) {
    return view.error();
  }
  schedule_.begin(view->info.suite, view->info.id);
  Rewrapped result;
  std::vector<StanzaBlock> blocks;
  for (std::size_t i = 0; i < view->group_count; ++i) {
    blocks.push_back(block_of(view->groups()[i]));
    const RecipientSet* const recipients = choose(labels_of(view->groups()[i]));
    if (recipients == nullptr) {
      continue;
    }
    const auto done = rewrap_group(*view, i, *recipients, blocks.back());
    if (!done) {
      return done.error();
    }
    ++(*done ? result.groups : result.out_of_reach);
  }
  result.bytes = with_stanzas(*view, blocks);
  return result.bytes ? core::Result<Rewrapped>(std::move(result))
                      : core::fail(core::Errc::kOutOfMemory, "an envelope");
}

// False: no key for it.
core::Result<bool> Rewrapper::rewrap_group(const EnvelopeView& view, std::size_t index,
                                           const RecipientSet& recipients, StanzaBlock& block) {
  Secret dek;
  GroupKeys keys;
  const auto found = finder_.find(view, index, schedule_, dek);
  if (!found) {
    return found.error();
  }
  if (*found != SecretFinder::Found::kDek) {
    return false;
  }
  if (const auto proved = prove(schedule_, view.groups()[index], index, dek, keys); !proved) {
    return proved.error();
  }
  block.stanzas.clear();
  wire::CborWriter(block.stanzas).array(recipients.recipients().size());
  const auto wrapping = Wrapping::of_dek(view.info.suite, view.info.id, index);
  if (const auto done = append_stanzas(wrapping, recipients, dek, random_, block.stanzas); !done) {
    return done.error();
  }
  block.hmac = schedule_.stanza_hmac(keys, block.stanzas);
  return true;
}

}  // namespace runard::envelope
