#include "ctl/take_statements.h"

#include <fmt/format.h>

#include "identity/identity_folder.h"
#include "identity/statement_store.h"

namespace runard::ctl {

core::Result<void> take_statements(Session& session, const std::string& state,
                                   std::span<const identity::Statement> statements) {
  if (statements.empty()) {
    return {};
  }
  const auto bundle = identity::IdentityFolder(state).bundle();
  if (!bundle) {
    return bundle.error();
  }
  const core::WallTime now = session.clock.wall();
  auto store = identity::StatementStore::open(session.disk, state, bundle->roots, now);
  if (!store) {
    return store.error();
  }
  for (const identity::Statement& statement : statements) {
    const auto offered = store->offer(statement, now);
    if (!offered) {
      return offered.error();
    }
    if (*offered == identity::StatementStore::Offer::kOlder) {
      return core::fail(
          core::Errc::kConflict,
          fmt::format("a {} statement newer than generation {} is there already",
                      identity::kind_name(statement.key().kind), statement.generation()));
    }
  }
  return {};
}

}  // namespace runard::ctl
