#include "enroll/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "identity/ca_copy.h"
#include "identity/denied.h"
#include "identity/profile.h"
#include "identity/rotation.h"

namespace runard::enroll {
namespace {

using core::Errc;
using core::fail;
using identity::Statement;

// The newest keys of a network, if they are sealed to this very key of the node and signed by the
// CA of today.
std::optional<Statement> keys_that_it_has(const keys::CaFolder& folder,
                                          const core::NetworkId& network,
                                          const keys::AgreementRecord& record) {
  const auto book = keys::MemberBook::load(folder.ca.folder());
  const auto* known = book ? book->find(record.node) : nullptr;
  if (known == nullptr || known->version != record.version ||
      known->not_after_ms != record.not_after_ms) {
    return std::nullopt;
  }
  const auto trust = identity::TrustBundle::create({folder.ca.certificate()});
  const auto newest = folder.networks.current(network);
  if (!trust || !newest || !newest->verify(*trust, folder.ca.host().clock.wall())) {
    return std::nullopt;
  }
  const auto keyring = keys::NetworkKeyring::parse(newest->body());
  const auto* member = keyring ? keyring->member(record.node) : nullptr;
  return member != nullptr && member->key_version == record.version ? std::optional(*newest)
                                                                    : std::nullopt;
}

void keep_only(std::vector<std::string>& held, const std::vector<std::string>& ordered) {
  std::erase_if(held, [&](const std::string& one) {
    return std::ranges::find(ordered, one) == ordered.end();
  });
}

}  // namespace

// The CA's folder may know what the mesh has not heard yet, and the other way round. That of a copy
// is as old as the copy: what it denies may have been taken back.
core::Result<identity::Denylist> Rights::denied() const {
  const auto trust = identity::trust_in(ca_.folder(), ca_.certificate());
  if (!trust) {
    return trust.error();
  }
  identity::Denylist all = heard_;
  const bool newer = trust->denylist && trust->denylist->generation() > heard_generation_;
  if (trust->denylist && (newer || !identity::is_copy(ca_.folder()))) {
    const auto entries = identity::parse_denied(trust->denylist->body());
    if (!entries) {
      return entries.error();
    }
    identity::Denylist own = identity::in_force(*entries, now_);
    all.nodes.merge(own.nodes);
    all.memberships.merge(own.memberships);
    all.keys.merge(own.keys);
  }
  return all;
}

core::Result<void> Rights::check(const crypto::PublicKey& key,
                                 const std::vector<std::string>& networks) const {
  const auto out = denied();
  const auto known = identity::Authority::networks_in(ca_.folder());
  if (!out || !known) {
    return out ? known.error() : out.error();
  }
  const core::NodeId node = identity::node_id_of(key);
  if (out->nodes.contains(node) || out->keys.contains(crypto::sha256(key.spki()))) {
    return fail(Errc::kNodeDenied, "node " + node.text() + " is denied");
  }
  for (const identity::NetworkDescriptor& network : *known) {
    if (out->memberships.contains({node, network.id}) &&
        std::ranges::find(networks, network.name) != networks.end()) {
      return fail(Errc::kNodeDenied, "node " + node.text() + " is denied in " + network.name);
    }
  }
  return {};
}

core::Result<Rights::Granted> Rights::again(const identity::PeerIdentity& holder) const {
  const std::filesystem::path& ca = ca_.folder();
  const auto out = denied();
  const auto log = identity::Authority::issued_in(ca).read();
  const auto known = identity::Authority::networks_in(ca);
  const auto book = keys::MemberBook::load(ca);
  if (!out || !log || !known || !book) {
    return !out ? out.error() : !log ? log.error() : !known ? known.error() : book.error();
  }
  if (auto good = check(*holder.key, {}); !good) {
    return good.error();
  }
  const auto issued = identity::issued_to(*log);
  const auto at = issued.find(holder.id);
  const identity::IssueRecord* last = at == issued.end() ? nullptr : at->second.granted;
  Granted granted{last ? last->name : holder.name,
                  {},
                  holder.groups,
                  std::chrono::seconds(last ? last->lifetime_s : 0),
                  holder.labels};
  for (const identity::NetworkDescriptor& network : *known) {
    const bool member = std::ranges::find(holder.networks, network.id) != holder.networks.end();
    const bool stays =
        !last || std::ranges::find(last->networks, network.name) != last->networks.end();
    const bool put_out =
        out->memberships.contains({holder.id, network.id}) || book->is_out(network.id, holder.id);
    if (member && stays && !put_out) {
      granted.networks.push_back(network.name);
    }
  }
  if (last != nullptr && identity::is_copy(ca)) {
    keep_only(granted.groups, last->groups);
    keep_only(granted.labels, last->labels);
  } else if (last != nullptr) {
    granted.groups = last->groups;
    granted.labels = last->labels;
  }
  if (granted.networks.empty()) {
    return fail(Errc::kRenewalRefused, "no network is left to it");
  }
  return granted;
}

core::Result<void> check_room(const keys::CaFolder& folder,
                              const std::optional<keys::AgreementRecord>& agreement,
                              const std::vector<std::string>& networks, std::size_t limit) {
  constexpr std::size_t kRest = 24 * 1024;  // certificates and names
  const auto trust = identity::trust_in(folder.ca.folder(), folder.ca.certificate());
  const auto keyrings = agreement ? folder.networks.check_room(agreement->node, networks)
                                  : core::Result<std::size_t>(0);
  if (!trust || !keyrings) {
    return trust ? keyrings.error() : trust.error();
  }
  std::size_t bytes = *keyrings + kRest;
  for (const auto* statement : {&trust->trust, &trust->denylist}) {
    bytes += *statement ? (*statement)->pem().size() : 0;
  }
  return bytes <= limit
             ? core::Result<void>()
             : fail(Errc::kTooLarge,
                    fmt::format("a bundle with the keys of these networks has up to {} bytes, at "
                                "most {} are taken: grant it fewer networks",
                                bytes, limit));
}

core::Result<identity::Bundle> with_keys(keys::CaFolder& folder, identity::Bundle bundle,
                                         const std::optional<keys::AgreementRecord>& agreement) {
  if (!agreement) {
    return bundle;
  }
  std::vector<core::NetworkId> fresh;
  for (const core::NetworkId& network : bundle.networks.ids()) {
    if (auto statement = keys_that_it_has(folder, network, *agreement)) {
      bundle.statements.push_back(std::move(*statement));
    } else {
      fresh.push_back(network);
    }
  }
  if (!fresh.empty()) {
    auto statements = folder.networks.admit(*agreement, fresh);
    if (!statements) {
      return statements.error();
    }
    std::ranges::move(*statements, std::back_inserter(bundle.statements));
  }
  return bundle;
}

}  // namespace runard::enroll
