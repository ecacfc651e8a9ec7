// Recipients: from labels to the keys that fields are sealed to.
//
// Several labels of a field: whoever may read one of them may read the field. Keys come from the
// Directory only, and of those that a label names it goes to those that the rules of authorization
// release it to. Where these leave out a network as a whole but not some of its nodes, these get it
// by their own keys: the peer if there is one, else every linked node and this one.
// What was found out is kept until labels, rules, links or the Directory change, kMaxKept answers
// at most. Threads: any, one mutex.
#pragma once

#include <map>
#include <memory>
#include <mutex>

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
  friend auto operator<=>(const Audience&, const Audience&) = default;
};

class Recipients {
 public:
  static constexpr std::size_t kMaxKept = 4096;
  using SetPtr = std::shared_ptr<const envelope::RecipientSet>;

  // `directory` and `gate` outlive it; without a gate no rule is asked.
  Recipients(const Directory& directory, LabelMap labels, const policy::Gate* gate = nullptr)
      : directory_(directory),
        gate_(gate),
        labels_(std::make_shared<const LabelMap>(std::move(labels))) {}

  void set_labels(LabelMap labels);
  std::shared_ptr<const LabelMap> labels() const { return labels_.keep(); }
  const Directory& directory() const { return directory_; }
  const policy::Gate* gate() const { return gate_; }

  // Null: there is nobody to seal to, so nobody gets the field.
  SetPtr of(const LabelSet& labels, const Audience& audience);
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
  Found find(const LabelSet& labels, const Audience& audience) const;

  const Directory& directory_;
  const policy::Gate* const gate_;
  routing::Snapshot<LabelMap> labels_;
  std::mutex mutex_;  // protects what follows
  std::map<std::pair<LabelSet, Audience>, SetPtr> kept_;
  State state_;  // of what is kept
};

}  // namespace runard::sealing
