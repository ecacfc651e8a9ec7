// Who belongs to a network, and what changes it.
#include <fmt/format.h>

#include <algorithm>

#include "identity/ca_copy.h"
#include "identity/revocation.h"
#include "identity/time_text.h"
#include "keys/network_authority.h"
#include "keys/sealable.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;
using identity::NetworkDescriptor;
using identity::Statement;

// The network `only`, or all; that they can't be read is a failure.
std::vector<NetworkDescriptor> chosen(const std::filesystem::path& ca_folder,
                                      std::optional<core::NetworkId> only, Rekeyed& done) {
  auto networks = identity::Authority::networks_in(ca_folder);
  if (!networks) {
    done.failed.push_back({"", networks.error()});
    return {};
  }
  if (only) {
    std::erase_if(*networks, [&](const NetworkDescriptor& one) { return one.id != *only; });
  }
  return std::move(*networks);
}

core::Result<std::optional<Statement>> given(core::Result<Statement> statement) {
  return statement ? core::Result<std::optional<Statement>>(std::move(*statement))
                   : statement.error();
}

void take(Rekeyed& done, const NetworkDescriptor& network,
          core::Result<std::optional<Statement>> statement) {
  if (!statement) {
    done.failed.push_back({network.name, statement.error()});
  } else if (*statement) {
    done.statements.push_back(std::move(**statement));
  }
}

core::Error no_room(const std::string& network) {
  return fail(Errc::kConflict,
              fmt::format("network {} has {} versions of its key in use already: this node gets "
                          "no more of its keys, but it knows the newest; that is replaced when the "
                          "older ones are over",
                          network, kMaxVersions));
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

core::Result<void> NetworkAuthority::check_key(const AgreementRecord& record) const {
  const auto book = MemberBook::load(folder_);
  return book ? book->check(record) : book.error();
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

core::Result<Statement> NetworkAuthority::rekey(const core::NetworkId& network) {
  auto draft = draft_of(network);
  if (!draft) {
    return draft.error();
  }
  const bool room = draft->keyring.versions.size() < kMaxVersions;
  const auto ok = room ? add_version(*draft, network, {}) : owe(network);
  return ok ? publish(std::move(*draft), network) : ok.error();
}

// Who is denied is no member when the new key is made: no crash gives it to them.
NetworkAuthority::Keys NetworkAuthority::without(const core::NetworkId& network,
                                                 const core::NodeId& node, bool ordered) {
  const auto last = current(network);
  const auto belongs = is_member(network, node, {});
  if ((!last && last.error().code != Errc::kNotFound) || !belongs) {
    return belongs ? last.error() : belongs.error();
  }
  const bool due = has_member(last, node) || owes(network) || (ordered && !*belongs);
  if (!due && (!*belongs || !last)) {
    return std::optional<Statement>();
  }
  return given(due ? rekey(network) : last);
}

NetworkAuthority::Keys NetworkAuthority::with_again(const core::NetworkId& network,
                                                    const core::NodeId& node,
                                                    const identity::Denylist& denied) {
  const auto belongs = is_member(network, node, denied);
  if (!belongs || !*belongs) {
    return belongs ? Keys(std::optional<Statement>()) : belongs.error();
  }
  const auto last = current(network);
  return given(has_member(last, node) ? last : refresh(network));
}

Rekeyed NetworkAuthority::remove(const core::NodeId& node, std::optional<core::NetworkId> only) {
  Rekeyed done;
  for (const NetworkDescriptor& network : chosen(folder_, only, done)) {
    auto statement = without(network.id, node, only.has_value());
    const bool has_old_key = statement && *statement && owes(network.id);
    take(done, network, std::move(statement));
    if (has_old_key) {
      done.failed.push_back({network.name, no_room(network.name)});
    }
  }
  return done;
}

Rekeyed NetworkAuthority::restore(const core::NodeId& node, std::optional<core::NetworkId> only) {
  Rekeyed done;
  const auto denied = identity::denied_by(ca_);
  if (!denied) {
    done.failed.push_back({"", denied.error()});
    return done;
  }
  for (const NetworkDescriptor& network : chosen(folder_, only, done)) {
    take(done, network, with_again(network.id, node, *denied));
  }
  return done;
}

}  // namespace runard::keys
