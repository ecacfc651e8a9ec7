// Rewrapper: gives what is stored to other keys, after a rotation or for other readers: new stanzas
// around the same DEK. Core, ciphertext and signature stay; no plaintext comes into being.
//
// What was sealed under an epoch stands for itself afterwards. Whoever could read before keeps what
// it read. Threading: one thread at a time.
#pragma once

#include <functional>

#include "core/buffer.h"
#include "core/random.h"
#include "core/result.h"
#include "envelope/restanza.h"
#include "envelope/secret_finder.h"

namespace runard::envelope {

struct Rewrapped {
  core::Buffer bytes;
  std::size_t groups = 0;        // that have new stanzas
  std::size_t out_of_reach = 0;  // that should have, but this node has no key for them
};

class Rewrapper {
 public:
  // The new recipients of a group with these labels; null leaves the group as it is.
  using Choose = std::function<const RecipientSet*(std::span<const std::string_view> labels)>;

  // Both outlive it.
  Rewrapper(const KeyRing& ring, core::Random& random) : random_(random), finder_(ring, nullptr) {}

  // Errors: those of EnvelopeView::parse; kEnvelopeStanza, kEnvelopeCommitment, kEnvelopeRecipients
  // for an envelope that was changed; kInvalidArgument for recipients of another suite.
  core::Result<Rewrapped> rewrap(core::ByteView envelope, const Choose& choose);

 private:
  core::Result<bool> rewrap_group(const EnvelopeView& view, std::size_t index,
                                  const RecipientSet& recipients, StanzaBlock& block);

  core::Random& random_;
  SecretFinder finder_;
  KeySchedule schedule_;
};

}  // namespace runard::envelope
