// EpochKeys: the KEKs with which a sender seals, one for each set of recipients.
//
// HPKE costs some hundred microseconds a recipient, so a random KEK is wrapped once and each
// message's DEK is derived from it. A KEK lives for kEpochLife or kEpochUses groups, whichever is
// first, and belongs to exactly one set of recipients under one suite: any other set, key or
// version means another KEK. At most kMaxEpochs are kept; the one that was used longest ago goes.
// Threading: any thread.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/secret_bytes.h"
#include "envelope/recipient_set.h"
#include "envelope/suite.h"

namespace runard::envelope {

inline constexpr std::chrono::hours kEpochLife{1};
inline constexpr std::uint64_t kEpochUses = 1U << 20;
inline constexpr std::size_t kMaxEpochs = 4096;

// Immutable; stays usable while it is held.
struct Epoch {
  KeyId id;
  crypto::SecretBytes kek;
  core::Bytes full;     // the array of stanzas: this epoch's, then each recipient's
  core::Bytes compact;  // the array of this epoch's stanza alone
};

class EpochKeys {
 public:
  // `clock` and `random` outlive it.
  EpochKeys(const core::NodeId& sender, const core::Clock& clock, core::Random& random)
      : sender_(sender), clock_(clock), random_(random) {}

  // For one more group. Makes a KEK if there is none that may be used. Errors: those of HPKE, for
  // recipients with keys of another suite.
  core::Result<std::shared_ptr<const Epoch>> use(Suite suite, const RecipientSet& recipients);
  // A KEK that was used before, if it is still there.
  std::shared_ptr<const Epoch> find(const KeyId& id) const;

  // No message is sealed again with a KEK that went to this key, or to any: after a change of
  // policy, of the denylist or of a key.
  void forget(const KeyId& recipient);
  void forget_all();

  std::size_t size() const;
  const core::NodeId& sender() const { return sender_; }

 private:
  using SetKey = std::pair<Suite, crypto::Sha256>;  // of RecipientSet::digest
  struct Entry {
    SetKey set;
    std::vector<KeyId> recipients;
    std::shared_ptr<const Epoch> epoch;
    core::TimePoint made;
    std::uint64_t uses = 0;
  };
  using Entries = std::list<Entry>;  // the newest use first

  std::shared_ptr<const Epoch> take(const SetKey& set);
  core::Result<std::shared_ptr<const Epoch>> make(Suite suite, const RecipientSet& recipients);
  void erase(Entries::iterator entry);

  const core::NodeId sender_;
  const core::Clock& clock_;
  core::Random& random_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::map<SetKey, Entries::iterator> by_set_;
  std::unordered_map<KeyId, Entries::iterator> by_id_;
};

}  // namespace runard::envelope
