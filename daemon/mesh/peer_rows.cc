#include "mesh/peer_rows.h"

#include <algorithm>
#include <utility>

#include "mesh/row_rules.h"

namespace runard::mesh {
namespace {

using registry::ServiceState;

core::WallTime from_ms(std::uint64_t ms) {
  constexpr std::uint64_t kMost = 9'000'000'000'000;  // the year 2255; nanoseconds end in 2262
  return core::WallTime(std::chrono::milliseconds(std::min(ms, kMost)));
}

// A state that only a newer version knows is one in which the service can't be called.
ServiceState to_state(std::uint8_t number) {
  return number <= static_cast<std::uint8_t>(ServiceState::kQuarantined)
             ? static_cast<ServiceState>(number)
             : ServiceState::kStopped;
}

std::vector<registry::ActionRow> to_rows(const std::vector<wire::ActionEntry>& entries) {
  std::vector<registry::ActionRow> rows;
  for (const wire::ActionEntry& entry : entries) {
    rows.push_back({entry.pattern, entry.summary, entry.input_schema, entry.output_schema,
                    entry.flags, entry.timeout_ms});
  }
  return rows;
}

std::size_t memory_of(const registry::ServiceRow& row) {
  std::size_t size = sizeof row + 2 * (row.network.size() + row.path.size()) + row.type.size() +
                     row.version.size() + row.summary.size();
  for (const registry::ActionRow& action : row.actions) {
    size += sizeof action + action.pattern.size() + action.summary.size() +
            action.input_schema.size() + action.output_schema.size();
  }
  return size;
}

std::size_t memory_of(const registry::SubscriptionRow& row) {
  return sizeof row + row.network.size() + row.pattern.size() + row.group.size();
}

}  // namespace

core::Result<PeerRows::Outcome> PeerRows::apply(const wire::Update& update,
                                                const std::vector<core::NetworkId>& common,
                                                const NetworkNames& names) {
  const bool later_run = update.epoch > epoch_;
  const bool old = update.epoch < epoch_ || (!later_run && update.version < version_);
  if (old || (!update.snapshot && !later_run && update.version == version_)) {
    return Outcome::kOld;
  }
  if (!update.snapshot && (later_run || update.base != version_)) {
    return Outcome::kGap;
  }
  return update.snapshot ? apply_snapshot(update, common, names)
                         : apply_delta(update, common, names);
}

core::Result<PeerRows::Outcome> PeerRows::apply_snapshot(const wire::Update& update,
                                                         const std::vector<core::NetworkId>& common,
                                                         const NetworkNames& names) {
  const PeerRows before = std::exchange(*this, PeerRows(node_, memory_limit_));
  refused_ = before.refused_;
  if (!merge(update, common, names)) {
    return core::fail(core::Errc::kProtocol, "a snapshot with a service that has no actions");
  }
  const bool same = before.epoch_ == epoch_ && before.name_ == name_ &&
                    before.addresses_ == addresses_ && before.services_ == services_ &&
                    before.subscriptions_ == subscriptions_;
  return bounded(same ? Outcome::kUnchanged : Outcome::kApplied);
}

core::Result<PeerRows::Outcome> PeerRows::apply_delta(const wire::Update& update,
                                                      const std::vector<core::NetworkId>& common,
                                                      const NetworkNames& names) {
  if (!merge(update, common, names)) {
    clear();  // half of it is in
    return Outcome::kGap;
  }
  return bounded(Outcome::kApplied);
}

core::Result<PeerRows::Outcome> PeerRows::bounded(Outcome outcome) {
  if (memory_ > memory_limit_) {
    clear();
    return core::fail(core::Errc::kTooLarge, "a peer's rows need more memory than it may use");
  }
  return outcome;
}

bool PeerRows::merge(const wire::Update& update, const std::vector<core::NetworkId>& common,
                     const NetworkNames& names) {
  epoch_ = update.epoch;
  version_ = update.version;
  name_ = update.name;
  addresses_ = update.addresses;
  return std::all_of(update.sections.begin(), update.sections.end(), [&](const auto& section) {
    const auto network = names.name(section.network);
    if (!network || std::find(common.begin(), common.end(), section.network) == common.end()) {
      refused_ += section.services.size() + section.subscriptions.size();
      return true;
    }
    return merge(section, *network);
  });
}

void PeerRows::clear() {
  const std::uint64_t refused = refused_;
  *this = PeerRows(node_, memory_limit_);
  refused_ = refused;
}

registry::NodeRows PeerRows::rows() const {
  registry::NodeRows rows{node_, name_, epoch_, version_, {}, {}, {}};
  for (const wire::Address& address : addresses_) {
    rows.addresses.push_back(address.text());
  }
  for (const auto& [key, service] : services_) {
    rows.services.push_back(service);
  }
  rows.subscriptions.assign(subscriptions_.begin(), subscriptions_.end());
  return rows;
}

bool PeerRows::merge(const wire::Section& section, const std::string& network) {
  for (const std::string& path : section.gone_services) {
    erase({network, path});
  }
  for (const wire::SubscriptionEntry& gone : section.gone_subscriptions) {
    const registry::SubscriptionRow row{network, gone.pattern, gone.group};
    memory_ -= subscriptions_.erase(row) > 0 ? memory_of(row) : 0;
  }
  for (const wire::SubscriptionEntry& entry : section.subscriptions) {
    put(network, entry);
  }
  return std::all_of(section.services.begin(), section.services.end(),
                     [&](const wire::ServiceEntry& entry) { return put(network, entry); });
}

// False when the entry says "the same actions as before" and there is no before.
bool PeerRows::put(const std::string& network, const wire::ServiceEntry& entry) {
  const ServiceKey key{network, entry.path};
  const auto old = services_.find(key);
  if (!entry.actions && old == services_.end()) {
    return false;
  }
  if (!acceptable(entry, network)) {
    ++refused_;
    return true;
  }
  registry::ServiceRow row{network,
                           entry.path,
                           entry.type,
                           entry.version,
                           entry.summary,
                           to_state(entry.state),
                           from_ms(entry.registered_ms),
                           from_ms(entry.started_ms),
                           entry.actions ? to_rows(*entry.actions) : old->second.actions};
  erase(key);
  memory_ += memory_of(row);
  services_.emplace(key, std::move(row));
  return true;
}

void PeerRows::put(const std::string& network, const wire::SubscriptionEntry& entry) {
  if (!acceptable(entry, network)) {
    ++refused_;
    return;
  }
  registry::SubscriptionRow row{network, entry.pattern, entry.group};
  const std::size_t size = memory_of(row);
  memory_ += subscriptions_.insert(std::move(row)).second ? size : 0;
}

void PeerRows::erase(const ServiceKey& key) {
  const auto found = services_.find(key);
  if (found != services_.end()) {
    memory_ -= memory_of(found->second);
    services_.erase(found);
  }
}

}  // namespace runard::mesh
