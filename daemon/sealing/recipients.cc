#include "sealing/recipients.h"

#include <algorithm>

namespace runard::sealing {

void Recipients::set_labels(LabelMap labels) {
  labels_.publish(std::make_shared<const LabelMap>(std::move(labels)));
}

// One look for recipients, by one state of the rules.
class Recipients::Search {
 public:
  Search(const Recipients& owner, const Audience& audience)
      : directory_(owner.directory_),
        gate_(owner.gate_),
        policy_(gate_ == nullptr ? nullptr : gate_->policy()),
        audience_(audience) {}

  void add(std::string_view name, const Label& label);
  // After the labels: who is in already need not be let in.
  void add_named(const std::vector<std::string_view>& labels, std::vector<LeftOut>& left_out);
  Found take() { return std::move(found_); }

 private:
  void add_network(std::string_view label, const core::NetworkId& network);
  void add_profile(std::string_view label, std::string_view name);
  void put(std::optional<envelope::Recipient> recipient);
  bool may_receive(std::string_view label, const policy::Recipient& recipient) const {
    return policy_ == nullptr || policy_->may_receive(label, recipient);
  }

  const Directory& directory_;
  const policy::Gate* const gate_;
  const std::shared_ptr<const policy::Policy> policy_;
  const Audience& audience_;
  Found found_;
};

void Recipients::Search::put(std::optional<envelope::Recipient> recipient) {
  if (recipient && found_.size() < envelope::kMaxRecipients) {
    const envelope::KeyAddress address = recipient->address;
    found_.emplace(address, std::move(*recipient));
  }
}

void Recipients::Search::add_network(std::string_view label, const core::NetworkId& network) {
  using Kind = policy::Recipient::Kind;
  const std::string_view name = directory_.network_name(network);
  if (may_receive(label, {.kind = Kind::kNetwork, .network = name})) {
    put(directory_.network_key(network));
    return;
  }
  for (const policy::Subject& member : gate_->members(name)) {
    const bool wanted = audience_.peer.is_zero() || member.node == audience_.peer;
    if (wanted &&
        may_receive(label, {.kind = Kind::kNode, .node = member.node, .groups = member.groups})) {
      put(directory_.node_key(member.node));
    }
  }
}

void Recipients::Search::add_profile(std::string_view label, std::string_view name) {
  std::optional<core::ProfileId> profile;
  if (name == kCaller) {
    profile = audience_.caller;
  } else if (name == kOwner) {
    profile = audience_.owner;
  } else {  // never by a name: anybody may call a profile so
    profile = core::ProfileId::parse(name);
  }
  if (profile && !profile->is_zero() &&
      may_receive(label, {.kind = policy::Recipient::Kind::kProfile,
                          .profile = *profile,
                          .caller = *profile == audience_.caller})) {
    put(directory_.profile_key(*profile));
  }
}

void Recipients::Search::add(std::string_view name, const Label& label) {
  if (label.network) {
    add_network(name, audience_.network);
  }
  for (const std::string& network : label.networks) {
    if (const auto id = directory_.find_network(network)) {
      add_network(name, *id);
    }
  }
  for (const std::string& profile : label.profiles) {
    add_profile(name, profile);
  }
}

void Recipients::Search::add_named(const std::vector<std::string_view>& labels,
                                   std::vector<LeftOut>& left_out) {
  for (const core::ProfileId& profile : audience_.named) {
    auto key = directory_.profile_key(profile);
    if (key && found_.contains(key->address)) {
      continue;
    }
    const bool released = policy_ != nullptr &&
                          std::any_of(labels.begin(), labels.end(), [&](std::string_view label) {
                            return policy_->names(label, profile);
                          });
    if (released && key && found_.size() < envelope::kMaxRecipients) {
      put(std::move(key));
    } else {
      using Why = LeftOut::Why;
      left_out.push_back({profile, !released ? Why::kNoRule : (key ? Why::kNoRoom : Why::kNoKey)});
    }
  }
}

Recipients::Found Recipients::find(const LabelSet& labels, const Audience& audience,
                                   std::vector<LeftOut>& left_out) const {
  Search search(*this, audience);
  std::vector<std::string_view> known;
  const auto map = labels_.read();
  for (const std::string& name : labels) {
    if (const Label* label = map->find(name)) {
      search.add(name, *label);
      known.push_back(name);
    }
  }
  search.add_named(known, left_out);
  return search.take();
}

std::vector<envelope::KeyAddress> Recipients::addresses(const LabelSet& labels,
                                                        const Audience& audience) const {
  std::vector<envelope::KeyAddress> all;
  std::vector<LeftOut> left_out;
  for (const auto& [address, recipient] : find(labels, audience, left_out)) {
    all.push_back(address);
  }
  return all;
}

std::size_t Recipients::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

Recipients::Readers Recipients::readers(const LabelSet& labels, const Audience& audience) {
  const std::lock_guard lock(mutex_);
  // Read before the keys: what changes meanwhile is found out next time.
  const State now{directory_.generation(), labels_.read()->generation(),
                  gate_ == nullptr ? 0 : gate_->version()};
  if (now != state_ || kept_.size() >= kMaxKept) {
    kept_.clear();
    state_ = now;
  }
  const auto [at, fresh] = kept_.try_emplace({labels, audience});
  if (fresh) {
    std::vector<envelope::Recipient> list;
    for (auto& [address, recipient] : find(labels, audience, at->second.left_out)) {
      list.push_back(std::move(recipient));
    }
    if (!list.empty()) {
      auto set = envelope::RecipientSet::make(std::move(list));
      at->second.set =
          set ? std::make_shared<const envelope::RecipientSet>(std::move(*set)) : nullptr;
    }
  }
  return at->second;
}

}  // namespace runard::sealing
