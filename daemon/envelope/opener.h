// Opener: opens envelopes, as far as this node has keys.
//
// A key that is missing makes a group redacted. Anything that is wrong makes the whole message
// fail, with the reason as the error's code; who gets an answer should not be told which one it is.
// Threading: one thread at a time; an Opener a thread, over one KekCache.
#pragma once

#include "envelope/ciphers.h"
#include "envelope/group_aad.h"
#include "envelope/opened.h"
#include "envelope/secret_finder.h"

namespace runard::envelope {

// What the transport, or the store, says about the message.
struct Expected {
  std::optional<core::NetworkId> network;
  Context context;
  std::optional<std::string_view> type;  // none: any
  // The peer that the message came from, by its certificate; it has to be the sender. None for what
  // comes from anywhere else: then the sender's signature has to prove it.
  std::optional<core::NodeId> peer;
};

class Opener {
 public:
  // `ring` and `cache` outlive it. Envelopes of other suites than these are refused.
  Opener(const KeyRing& ring, KekCache& cache, SuiteSet suites = kAllSuites)
      : ring_(ring), cache_(cache), suites_(suites), finder_(ring, &cache) {}

  // Errors: kEnvelopeMalformed to kEnvelopeSignature. Whether the message is fresh is not asked
  // here (replay_guard.h).
  core::Result<Outcome> open(core::ByteView envelope, const Expected& expected);

 private:
  core::Result<void> check_ciphertexts(const EnvelopeView& view);
  core::Result<void> check_signature(const EnvelopeView& view, bool needed) const;
  core::Result<Outcome> open_groups(const EnvelopeView& view, bool from_sender);
  void remember_not_ours(const EnvelopeView& view, std::size_t index);
  core::Result<SecretFinder::Found> open_group(const EnvelopeView& view, std::size_t index,
                                               core::Bytes& plaintext);
  core::Result<void> decrypt(const EnvelopeView& view, std::size_t index, const Secret& dek,
                             core::Bytes& plaintext);

  const KeyRing& ring_;
  KekCache& cache_;
  const SuiteSet suites_;
  SecretFinder finder_;
  KeySchedule schedule_;
  Ciphers ciphers_;
  GroupAad aad_;
  crypto::Sha256Hasher hasher_;
};

}  // namespace runard::envelope
