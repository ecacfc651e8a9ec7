#include "node/statement_book.h"

#include <algorithm>

namespace runard::node {
namespace {

using identity::Statement;
using identity::StatementKind;
using Offer = identity::StatementStore::Offer;

identity::StatementKey own_key(const wire::StatementKey& key) {
  const bool known = key.kind >= 1 && key.kind <= 4;
  return {static_cast<StatementKind>(known ? key.kind : 0),
          *identity::SubjectId::from(key.subject.bytes)};
}

}  // namespace

wire::StatementKey wire_key(const identity::StatementKey& key) {
  return {static_cast<std::uint64_t>(key.kind), *wire::StatementSubject::from(key.subject.bytes)};
}

std::vector<wire::StatementHead> StatementBook::heads(
    const std::vector<core::NetworkId>& networks) const {
  std::vector<wire::StatementHead> heads;
  for (const identity::StatementHead& head : store_.heads()) {
    const wire::StatementKey key = wire_key(head.key);
    if (wanted(key, networks)) {
      heads.push_back({key, head.generation});
    }
  }
  return heads;
}

std::optional<std::uint64_t> StatementBook::generation(const wire::StatementKey& key) const {
  const Statement* held = store_.find(own_key(key));
  return held == nullptr ? std::nullopt : std::optional(held->generation());
}

bool StatementBook::wanted(const wire::StatementKey& key,
                           const std::vector<core::NetworkId>& networks) const {
  switch (own_key(key).kind) {
    case StatementKind::kTrust:
    case StatementKind::kDenylist:
      return key.subject.is_zero();
    case StatementKind::kNetwork:
      return std::ranges::find(networks, *core::NetworkId::from(key.subject.bytes)) !=
             networks.end();
    case StatementKind::kProfile:
      return !key.subject.is_zero();
  }
  return false;  // a newer version's
}

const core::Bytes* StatementBook::bytes(const wire::StatementKey& key) const {
  const Statement* held = store_.find(own_key(key));
  return held == nullptr ? nullptr : &held->bytes();
}

bool StatementBook::too_many_profiles(const Statement& statement, const core::NodeId& from) {
  return statement.key().kind == StatementKind::kProfile &&
         store_.find(statement.key()) == nullptr && ++profiles_from_[from] > kMaxProfilesFromPeer;
}

StatementBook::Taken StatementBook::offer(core::ByteView bytes, const core::NodeId& from) {
  const auto refuse = [&](const core::Error& why) {
    log_.warn("a peer's statement was refused",
              {core::field("peer", from.text()), core::field("why", core::describe(why))});
    return Taken::kRefused;
  };
  if (frozen_) {
    return Taken::kNothing;
  }
  const auto statement = Statement::parse(bytes);
  if (!statement) {
    return refuse(statement.error());
  }
  if (too_many_profiles(*statement, from)) {
    return refuse(core::fail(core::Errc::kStatementsFull, "profiles from one peer"));
  }
  const auto offered = store_.offer(*statement, clock_.wall());
  if (offered) {
    return *offered == Offer::kAccepted ? Taken::kNews : Taken::kNothing;
  }
  const Statement* held = store_.find(statement->key());
  if (held != nullptr && held->bytes() == statement->bytes()) {
    log_.error("a statement is in force but could not be written, and is gone after a restart",
               {core::field("why", core::describe(offered.error()))});
    return Taken::kNews;
  }
  return refuse(offered.error());
}

void StatementBook::on_news(const Statement& statement) {
  log_.info("a statement is in force",
            {core::field("kind", std::string(identity::kind_name(statement.key().kind))),
             core::field("generation", statement.generation())});
  if (changed_) {
    changed_(statement);
  }
}

}  // namespace runard::node
