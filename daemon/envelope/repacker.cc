#include "envelope/repacker.h"

#include "envelope/restanza.h"
#include "envelope/secret_finder.h"

namespace runard::envelope {

using core::Errc;

core::Result<core::Buffer> Repacker::repack(core::ByteView envelope, Mode mode) {
  if (mode == Mode::kOnce) {
    return core::fail(Errc::kInvalidArgument, "a message can't be sealed again");
  }
  const auto view = EnvelopeView::parse(envelope);
  if (!view) {
    return view.error();
  }
  schedule_.begin(view->info.suite, view->info.id);
  std::vector<StanzaBlock> blocks;
  for (std::size_t i = 0; i < view->group_count; ++i) {
    const auto id = epoch_of(view->groups()[i]);
    if (!id) {
      blocks.push_back(block_of(view->groups()[i]));
      continue;
    }
    const auto epoch = epochs_.find(*id);
    if (!epoch) {
      return core::fail(Errc::kNotFound, "the epoch's key is gone");
    }
    Secret dek;
    GroupKeys keys;
    schedule_.derive_dek(epoch->kek.view(), i, dek);
    schedule_.derive(dek.view(), i, keys);
    const core::Bytes& stanzas = mode == Mode::kFull ? epoch->full : epoch->compact;
    blocks.push_back({stanzas, schedule_.stanza_hmac(keys, stanzas)});
  }
  auto bytes = with_stanzas(*view, blocks);
  return bytes ? core::Result<core::Buffer>(std::move(bytes))
               : core::fail(Errc::kOutOfMemory, "an envelope");
}

}  // namespace runard::envelope
