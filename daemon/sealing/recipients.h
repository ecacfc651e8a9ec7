// Recipients: from labels to the keys that fields are sealed to.
//
// Several labels of a field: whoever may read one of them may read the field. Keys come from the
// Directory only. What was found out is kept until the labels or the Directory change, kMaxKept
// answers at most. Threads: any, one mutex.
#pragma once

#include <map>
#include <memory>
#include <mutex>

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
  friend auto operator<=>(const Audience&, const Audience&) = default;
};

class Recipients {
 public:
  static constexpr std::size_t kMaxKept = 1024;
  using SetPtr = std::shared_ptr<const envelope::RecipientSet>;

  // `directory` outlives it.
  Recipients(const Directory& directory, LabelMap labels)
      : directory_(directory), labels_(std::make_shared<const LabelMap>(std::move(labels))) {}

  void set_labels(LabelMap labels);
  std::shared_ptr<const LabelMap> labels() const { return labels_.keep(); }
  const Directory& directory() const { return directory_; }

  // Null: there is nobody to seal to, so nobody gets the field.
  SetPtr of(const LabelSet& labels, const Audience& audience);
  // The same, not kept and with a reason for each key: for people.
  std::vector<envelope::KeyAddress> addresses(const LabelSet& labels,
                                              const Audience& audience) const;

 private:
  using Found = std::map<envelope::KeyAddress, envelope::Recipient>;
  void add(const Label& label, const Audience& audience, Found& found) const;
  Found find(const LabelSet& labels, const Audience& audience) const;

  const Directory& directory_;
  routing::Snapshot<LabelMap> labels_;
  std::mutex mutex_;  // protects what follows
  std::map<std::pair<LabelSet, Audience>, SetPtr> kept_;
  std::uint64_t directory_generation_ = 0;
  std::uint64_t label_generation_ = 0;
};

}  // namespace runard::sealing
