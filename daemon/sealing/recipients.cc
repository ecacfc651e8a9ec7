#include "sealing/recipients.h"

#include <algorithm>

namespace runard::sealing {

void Recipients::set_labels(LabelMap labels) {
  labels_.publish(std::make_shared<const LabelMap>(std::move(labels)));
}

void Recipients::add(const Label& label, const Audience& audience, Found& found) const {
  const auto put = [&found](std::optional<envelope::Recipient> recipient) {
    if (recipient && found.size() < envelope::kMaxRecipients) {
      const envelope::KeyAddress address = recipient->address;
      found.emplace(address, std::move(*recipient));
    }
  };
  if (label.network) {
    put(directory_.network_key(audience.network));
  }
  for (const std::string& name : label.networks) {
    if (const auto network = directory_.find_network(name)) {
      put(directory_.network_key(*network));
    }
  }
  for (const std::string& name : label.profiles) {
    std::optional<core::ProfileId> profile;
    if (name == kCaller) {
      profile = audience.caller;
    } else if (name == kOwner) {
      profile = audience.owner;
    } else if (profile = core::ProfileId::parse(name); !profile) {
      profile = directory_.find_profile(name);
    }
    if (profile && !profile->is_zero()) {
      put(directory_.profile_key(*profile));
    }
  }
}

Recipients::Found Recipients::find(const LabelSet& labels, const Audience& audience) const {
  Found found;
  const auto map = labels_.read();
  for (const std::string& name : labels) {
    if (const Label* label = map->find(name)) {
      add(*label, audience, found);
    }
  }
  return found;
}

std::vector<envelope::KeyAddress> Recipients::addresses(const LabelSet& labels,
                                                        const Audience& audience) const {
  std::vector<envelope::KeyAddress> all;
  for (const auto& [address, recipient] : find(labels, audience)) {
    all.push_back(address);
  }
  return all;
}

Recipients::SetPtr Recipients::of(const LabelSet& labels, const Audience& audience) {
  const std::lock_guard lock(mutex_);
  // Read before the keys: what changes meanwhile is found out next time.
  const std::uint64_t directory = directory_.generation();
  const std::uint64_t label = labels_.read()->generation();
  if (directory != directory_generation_ || label != label_generation_ ||
      kept_.size() >= kMaxKept) {
    kept_.clear();
    directory_generation_ = directory;
    label_generation_ = label;
  }
  const auto [at, fresh] = kept_.try_emplace({labels, audience});
  if (fresh) {
    std::vector<envelope::Recipient> list;
    for (auto& [address, recipient] : find(labels, audience)) {
      list.push_back(std::move(recipient));
    }
    if (!list.empty()) {
      auto set = envelope::RecipientSet::make(std::move(list));
      at->second = set ? std::make_shared<const envelope::RecipientSet>(std::move(*set)) : nullptr;
    }
  }
  return at->second;
}

}  // namespace runard::sealing
