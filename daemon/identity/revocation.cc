#include "identity/revocation.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/durable_file.h"
#include "identity/rotation.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

struct Current {
  std::optional<Statement> statement;
  std::uint64_t generation = 0;
  std::vector<DeniedEntry> entries;
};

core::Result<Current> current(const Authority& authority) {
  const auto known = trust_in(authority.folder(), authority.certificate());
  if (!known) {
    return known.error();
  }
  Current list;
  if (known->denylist) {
    auto entries = parse_denied(known->denylist->body());
    if (!entries) {
      return entries.error();
    }
    list = {known->denylist, known->denylist->generation(), std::move(*entries)};
  }
  return list;
}

core::Result<Statement> write(const Authority& authority, const Current& list,
                              const crypto::PrivateKey& key) {
  const core::WallTime now = authority.host().clock.wall();
  auto body = encode_denied(list.entries);
  if (!body) {
    return body.error();
  }
  auto statement = Statement::sign(
      {{StatementKind::kDenylist, {}}, list.generation + 1, now, std::move(*body)}, key);
  if (!statement) {
    return statement.error();
  }
  const std::string text = statement->pem();
  const auto written = write_durably(authority.host().disk, authority.folder() / kDenylistFile,
                                     core::as_bytes(text), kPublicMode);
  if (!written) {
    return written.error();
  }
  return statement;
}

}  // namespace

core::Result<Statement> deny(const Authority& authority, const DeniedEntry& entry) {
  auto list = current(authority);
  if (!list) {
    return list.error();
  }
  const std::vector<DeniedEntry> before = list->entries;
  std::erase_if(list->entries, [&, now = authority.host().clock.wall()](const DeniedEntry& other) {
    return other.same_target(entry) || other.ended(now);
  });
  if (list->entries.size() == kMaxDenied) {
    return fail(Errc::kTooLarge, fmt::format("a denylist has at most {} entries", kMaxDenied));
  }
  list->entries.push_back(entry);
  std::ranges::sort(list->entries);
  if (list->statement && list->entries == before) {
    return *list->statement;
  }
  return write(authority, *list, authority.key());
}

core::Result<Statement> allow_again(const Authority& authority, const DeniedEntry& target) {
  auto list = current(authority);
  if (!list) {
    return list.error();
  }
  const auto same = [&](const DeniedEntry& other) { return other.same_target(target); };
  if (std::erase_if(list->entries, same) == 0) {
    return list->statement ? core::Result<Statement>(*list->statement)
                           : fail(Errc::kNotFound, "nobody was revoked in this mesh");
  }
  return write(authority, *list, authority.key());
}

core::Result<Denylist> denied_by(const Authority& authority) {
  const auto list = current(authority);
  return list ? in_force(list->entries, authority.host().clock.wall())
              : core::Result<Denylist>(list.error());
}

core::Result<std::optional<Statement>> sign_denylist_again(const Authority& authority,
                                                           const crypto::PrivateKey& key) {
  const auto list = current(authority);
  if (!list) {
    return list.error();
  }
  if (list->generation == 0) {
    return std::optional<Statement>();
  }
  auto statement = write(authority, *list, key);
  if (!statement) {
    return statement.error();
  }
  return std::optional(std::move(*statement));
}

core::Result<core::NodeId> find_node(const std::filesystem::path& folder, const std::string& text) {
  if (const auto id = core::NodeId::parse(text)) {
    return *id;
  }
  const auto records = Authority::issued_in(folder).read();
  if (!records) {
    return records.error();
  }
  const auto last = std::find_if(records->rbegin(), records->rend(),
                                 [&](const IssueRecord& record) { return record.name == text; });
  if (last == records->rend()) {
    return fail(Errc::kNotFound, fmt::format("this CA has signed no node \"{}\"", text));
  }
  return last->node;
}

}  // namespace runard::identity
