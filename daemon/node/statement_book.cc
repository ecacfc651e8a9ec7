#include "node/statement_book.h"

#include <algorithm>
#include <utility>

#include "keys/network_keyring.h"
#include "keys/profile_certificate.h"

namespace runard::node {
namespace {

using identity::Statement;
using identity::StatementKind;
using Offer = identity::StatementStore::Offer;

identity::StatementKey own_key(const wire::StatementKey& key) {
  const bool known = key.kind >= 1 && key.kind <= 4;
  // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): no statement is of kind 0
  return {static_cast<StatementKind>(known ? key.kind : 0),
          *identity::SubjectId::from(key.subject.bytes)};
}

core::Result<void> check_network(const Statement& statement) {
  const auto keyring = keys::NetworkKeyring::parse(statement.body());
  return keyring ? core::Result<void>() : keyring.error();
}

core::Result<void> check_profile(const Statement& statement) {
  const auto certificate = keys::ProfileCertificate::parse(statement.body());
  return certificate ? core::Result<void>() : certificate.error();
}

// Nodes of another version, or with another clock, may hand it over in good faith.
bool blames_nobody(core::Errc code) {
  return code == core::Errc::kStatementsFull || code == core::Errc::kStatementFuture ||
         code == core::Errc::kProfileInvalid || code == core::Errc::kKeyringInvalid;
}

}  // namespace

StatementBook::StatementBook(identity::StatementStore store, const core::Clock& clock,
                             core::Log log)
    : store_(std::move(store)), clock_(clock), log_(std::move(log)) {
  store_.set_check(StatementKind::kNetwork, check_network);
  store_.set_check(StatementKind::kProfile, check_profile);
  store_.write_later(StatementKind::kProfile);
  store_.on_news([this](const Statement& statement) { on_news(statement); });
}

wire::StatementKey wire_key(const identity::StatementKey& key) {
  return {static_cast<std::uint64_t>(key.kind), *wire::StatementSubject::from(key.subject.bytes)};
}

std::vector<wire::StatementHead> StatementBook::heads(
    const std::vector<core::NetworkId>& networks) const {
  std::vector<wire::StatementHead> heads;
  for (const identity::StatementHead& head : store_.heads()) {
    const wire::StatementKey key = wire_key(head.key);
    const bool over = head.key.kind == StatementKind::kProfile && ended(*store_.find(head.key));
    if (wanted(key, networks) && !over) {
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

bool StatementBook::ended(const Statement& profile) const {
  const auto certificate = keys::ProfileCertificate::parse(profile.body());
  const auto now = std::chrono::floor<std::chrono::milliseconds>(clock_.wall() - kEndedKept);
  return !certificate ||
         static_cast<std::int64_t>(certificate->not_after_ms) < now.time_since_epoch().count();
}

void StatementBook::make_room() {
  if (!std::exchange(full_, false)) {
    return;
  }
  for (const Statement& profile : store_.of_kind(StatementKind::kProfile)) {
    if (ended(profile)) {
      store_.drop(profile.key());
    }
  }
}

// When what proves it has to hold. A clock that stands behind makes every new list one of the
// future, and what an issuer's certificate has signed with it.
core::WallTime StatementBook::proof_time(const Statement& statement) const {
  constexpr core::WallTime kLast = core::WallTime::max() - identity::kClockSkew;
  const core::WallTime now = clock_.wall();
  return frozen_ ? std::max({now, latest_, std::min(statement.issued(), kLast)}) : now;
}

StatementBook::Taken StatementBook::offer(core::ByteView bytes, const core::NodeId& from) {
  const auto refuse = [&](const core::Error& why) {
    log_.warn("a peer's statement was refused",
              {core::field("peer", from.text()), core::field("why", core::describe(why))});
    return Taken::kRefused;
  };
  const auto statement = Statement::parse(bytes);
  if (!statement) {
    return refuse(statement.error());
  }
  if (!takes(*statement)) {
    return Taken::kNothing;
  }
  if (statement->key().kind == StatementKind::kProfile &&
      store_.find(statement->key()) == nullptr && ended(*statement)) {
    return Taken::kNothing;
  }
  const auto offered = store_.offer(*statement, clock_.wall(), proof_time(*statement));
  if (offered) {
    return *offered == Offer::kAccepted ? Taken::kNews : Taken::kOld;
  }
  const Statement* held = store_.find(statement->key());
  if (held != nullptr && held->bytes() == statement->bytes()) {
    const bool busy = offered.error().code == core::Errc::kStateLocked;  // nothing is wrong
    log_.write(busy ? core::Level::kInfo : core::Level::kError,
               "a statement is in force and not written yet; it is tried again each second",
               {core::field("why", core::describe(offered.error()))});
    return Taken::kNews;
  }
  full_ = full_ || offered.error().code == core::Errc::kStatementsFull;
  refuse(offered.error());
  return blames_nobody(offered.error().code) ? Taken::kNothing : Taken::kRefused;
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
