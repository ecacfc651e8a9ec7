// Recipients: from labels to the keys that fields are sealed to.
//
// Several labels of a field: whoever may read one of them may read the field. Keys come from the
// Directory only, and of those that a label names it goes to those that the rules of authorization
// release it to. Where these leave out a network as a whole but not some of its nodes, these get it
// by their own keys: the peer if there is one, else every linked node and this one.
//
// Profiles that a message names besides are let in by a rule that names them for the label, and by
// nothing else: not by what the label says, nor by `caller`. Of those that are not let in, or of
// whom no key is known, the others don't suffer: they are in Readers::left_out.
// What was found out is kept until labels, rules, links or the Directory change, kMaxKept answers
// at most. Threads: any, one mutex.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "policy/gate.h"
#include "routing/snapshot.h"
#include "sealing/directory.h"
#include "sealing/label_map.h"
#include "sealing/type.h"

namespace runard::sealing {

// What a message says about those who may read its private fields.
struct Audience {
  core::NetworkId network;
  core::ProfileId caller;  // verified; zero: none
  core::ProfileId owner;   // zero: none
  core::NodeId peer{};     // who gets it; zero: whoever may
  // That the message names besides; sorted, each once, at most rpc::kMaxRecipients.
  std::vector<core::ProfileId> named{};
  friend auto operator<=>(const Audience&, const Audience&) = default;
};

// One that a message named, and that gets nothing of a group.
struct LeftOut {
  enum class Why : std::uint8_t { kNoRule, kNoKey, kNoRoom };
  core::ProfileId profile;
  Why why = Why::kNoRule;
};

class Recipients {
 public:
  static constexpr std::size_t kMaxKept = 4096;
  using SetPtr = std::shared_ptr<const envelope::RecipientSet>;
  struct Readers {
    SetPtr set;  // null: there is nobody to seal to, so nobody gets the field
    std::vector<LeftOut> left_out;
  };

  // `directory` and `gate` outlive it; without a gate no rule is asked.
  Recipients(const Directory& directory, LabelMap labels, const policy::Gate* gate = nullptr)
      : directory_(directory),
        gate_(gate),
        labels_(std::make_shared<const LabelMap>(std::move(labels))) {}

  void set_labels(LabelMap labels);
  std::shared_ptr<const LabelMap> labels() const { return labels_.keep(); }
  const Directory& directory() const { return directory_; }
  const policy::Gate* gate() const { return gate_; }

  Readers readers(const LabelSet& labels, const Audience& audience);
  SetPtr of(const LabelSet& labels, const Audience& audience) {
    return readers(labels, audience).set;
  }
  // How many answers are kept.
  std::size_t kept() const;
  // The same, not kept and with a reason for each key: for people.
  std::vector<envelope::KeyAddress> addresses(const LabelSet& labels,
                                              const Audience& audience) const;

 private:
  class Search;
  using Found = std::map<envelope::KeyAddress, envelope::Recipient>;
  struct State {
    std::uint64_t directory = 0;
    std::uint64_t labels = 0;
    std::uint64_t rules = 0;
    friend bool operator==(const State&, const State&) = default;
  };
  Found find(const LabelSet& labels, const Audience& audience,
             std::vector<LeftOut>& left_out) const;

  const Directory& directory_;
  const policy::Gate* const gate_;
  routing::Snapshot<LabelMap> labels_;
  mutable std::mutex mutex_;  // protects what follows
  std::map<std::pair<LabelSet, Audience>, Readers> kept_;
  State state_;  // of what is kept
};

}  // namespace runard::sealing
