// Who belongs to a network, and what changes it.
#include <fmt/format.h>

#include <algorithm>

#include "identity/ca_copy.h"
#include "identity/revocation.h"
#include "identity/time_text.h"
#include "keys/network_authority.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;
using identity::Statement;

std::vector<core::NetworkId> chosen(const std::vector<identity::NetworkDescriptor>& networks,
                                    std::optional<core::NetworkId> only) {
  std::vector<core::NetworkId> ids;
  for (const identity::NetworkDescriptor& network : networks) {
    if (!only || network.id == *only) {
      ids.push_back(network.id);
    }
  }
  return ids;
}

core::Error too_many(const std::string& network) {
  return fail(Errc::kTooLarge, fmt::format("network {} has {} members already, as many as a "
                                           "keyring is for",
                                           network, kMaxMembers));
}

bool has_member(const core::Result<Statement>& statement, const core::NodeId& node) {
  const auto keyring = statement ? NetworkKeyring::parse(statement->body())
                                 : core::Result<NetworkKeyring>(statement.error());
  return keyring && keyring->member(node) != nullptr;
}

}  // namespace

core::Result<std::vector<KeyringMember>> NetworkAuthority::members_of(
    const core::NetworkId& network, const identity::Denylist& denied,
    std::set<std::string>* lapsed) const {
  const auto name = name_of(network);
  const auto book = MemberBook::load(folder_);
  const auto issued = identity::Authority::issued_in(folder_).read();
  if (!name || !book || !issued) {
    return !name ? name.error() : !book ? book.error() : issued.error();
  }
  const std::string now = identity::time_text(host_.clock.wall());
  const bool knows_all = !identity::has_copies(folder_);
  std::vector<KeyringMember> members;
  for (const auto& [node, all] : identity::issued_to(*issued)) {
    const identity::IssueRecord* record = all.granted != nullptr ? all.granted : all.newest;
    const MemberBook::Key* key = book->find(node);
    // Times as text in one form and zone are in the order of the times.
    if (key == nullptr || (knows_all && all.ends() <= now) ||
        std::ranges::find(record->networks, *name) == record->networks.end() ||
        book->is_out(network, node) || denied.nodes.contains(node) ||
        denied.memberships.contains({node, network})) {
      continue;
    }
    // One that can't be sealed to is of a book that another version of runard wrote.
    if (key->not_after_ms > now_ms() && can_be_sealed_to(key->version, key->key)) {
      members.push_back({node, key->version, key->key, {}, {}});
    } else if (lapsed != nullptr) {
      lapsed->insert(record->name);
    }
  }
  if (members.size() > kMaxMembers) {
    return too_many(*name);
  }
  return members;
}

core::Result<std::vector<std::string>> NetworkAuthority::left_by(const core::NodeId& node) const {
  const auto networks = identity::Authority::networks_in(folder_);
  if (!networks) {
    return networks.error();
  }
  std::vector<std::string> left;
  for (const identity::NetworkDescriptor& network : *networks) {
    const auto belongs = is_member(network.id, node, {});
    if (!belongs) {
      return belongs.error();
    }
    if (!*belongs && has_member(current(network.id), node)) {
      left.push_back(network.name);
    }
  }
  return left;
}

core::Result<void> NetworkAuthority::exclude(const core::NetworkId& network,
                                             const std::vector<core::NodeId>& nodes) {
  if (nodes.empty()) {
    return {};
  }
  auto book = MemberBook::load(folder_);
  if (!book) {
    return book.error();
  }
  for (const core::NodeId& node : nodes) {
    book->put_out(network, node);
  }
  return book->save(host_.disk);
}

core::Result<std::size_t> NetworkAuthority::check_room(
    const core::NodeId& node, const std::vector<std::string>& networks) const {
  constexpr std::size_t kGrowth = 512;  // of a statement by one member, and by one more version
  const auto known = identity::Authority::networks_in(folder_);
  if (!known) {
    return known.error();
  }
  std::size_t bytes = 0;
  for (const identity::NetworkDescriptor& network : *known) {
    if (std::ranges::find(networks, network.name) == networks.end()) {
      continue;
    }
    const auto members = members_of(network.id, {});
    if (!members) {
      return members.error();
    }
    const bool is_one = std::ranges::find(*members, node, &KeyringMember::node) != members->end();
    if (!is_one && members->size() == kMaxMembers) {
      return too_many(network.name);
    }
    const auto last = current(network.id);
    bytes += (last ? last->pem().size() : 0) + kGrowth;
  }
  return bytes;
}

core::Result<std::vector<Statement>> NetworkAuthority::admit(
    const AgreementRecord& record, const std::vector<core::NetworkId>& networks) {
  auto book = MemberBook::load(folder_);
  if (!book) {
    return book.error();
  }
  if (auto ok = book->put(record); !ok) {
    return ok.error();
  }
  for (const core::NetworkId& network : networks) {
    book->let_in(network, record.node);
  }
  if (auto ok = book->save(host_.disk); !ok) {
    return ok.error();
  }
  std::vector<Statement> statements;
  for (const core::NetworkId& network : networks) {
    auto statement = refresh(network);
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

core::Result<bool> NetworkAuthority::is_member(const core::NetworkId& network,
                                               const core::NodeId& node,
                                               const identity::Denylist& denied) const {
  const auto members = members_of(network, denied);
  return members ? core::Result<bool>(std::ranges::find(*members, node, &KeyringMember::node) !=
                                      members->end())
                 : members.error();
}

// Who is denied is no member when the new key is made: no crash gives it to them.
core::Result<std::vector<Statement>> NetworkAuthority::remove(const core::NodeId& node,
                                                              std::optional<core::NetworkId> only) {
  const auto networks = identity::Authority::networks_in(folder_);
  if (!networks) {
    return networks.error();
  }
  std::vector<Statement> statements;
  for (const core::NetworkId& network : chosen(*networks, only)) {
    const auto last = current(network);
    const auto belongs = is_member(network, node, {});
    if ((!last && last.error().code != Errc::kNotFound) || !belongs) {
      return belongs ? last.error() : belongs.error();
    }
    const bool rekey = has_member(last, node) || (only && !*belongs);
    if (!rekey && (!*belongs || !last)) {
      continue;
    }
    auto statement = rekey ? rotate(network, {}) : last;
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

core::Result<std::vector<Statement>> NetworkAuthority::restore(
    const core::NodeId& node, std::optional<core::NetworkId> only) {
  const auto networks = identity::Authority::networks_in(folder_);
  const auto denied = identity::denied_by(ca_);
  if (!networks || !denied) {
    return networks ? denied.error() : networks.error();
  }
  std::vector<Statement> statements;
  for (const core::NetworkId& network : chosen(*networks, only)) {
    const auto belongs = is_member(network, node, *denied);
    if (!belongs) {
      return belongs.error();
    }
    if (!*belongs) {
      continue;
    }
    const auto last = current(network);
    auto statement = has_member(last, node) ? last : refresh(network);
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

}  // namespace runard::keys
