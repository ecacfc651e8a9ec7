#include "identity/statement_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "identity/durable_file.h"
#include "identity/file_lock.h"
#include "identity/trust_roots.h"

namespace runard::identity {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;

constexpr const char* kFolder = "statements";
constexpr const char* kLockFile = "lock";
constexpr const char* kExtension = ".pem";

std::string file_name(const StatementKey& key) {
  return fmt::format("{}-{}{}", kind_name(key.kind), key.subject.text(), kExtension);
}

core::Result<Statement> read_statement(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) {
    return text.error();
  }
  const auto statements = Statement::parse_pem(*text);
  if (!statements) {
    return fail(Errc::kIdentityUnreadable,
                fmt::format("{}: {}", file.string(), statements.error().about));
  }
  if (statements->size() != 1 || file_name(statements->front().key()) != file.filename()) {
    return fail(Errc::kIdentityUnreadable,
                fmt::format("{}: not the statement of that name", file.string()));
  }
  return statements->front();
}

}  // namespace

core::Result<StatementStore> StatementStore::open(Disk& disk, const fs::path& state_dir,
                                                  std::vector<crypto::Certificate> installed,
                                                  core::WallTime now) {
  StatementStore store(disk, state_dir / kFolder, std::move(installed));
  const auto statements = store.read();
  if (!statements) {
    return statements.error();
  }
  for (const Statement& statement : *statements) {
    store.newest_.emplace(statement.key(), Entry{statement, false, true});
  }
  if (auto ok = store.derive(now); !ok) {
    return ok.error();
  }
  return store;
}

core::Result<std::vector<Statement>> StatementStore::read() const {
  std::vector<Statement> statements;
  std::error_code error;
  if (!fs::exists(folder_, error)) {
    return statements;
  }
  if (auto ok = check_folder(folder_); !ok) {
    return ok.error();
  }
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != kExtension ||
        statements.size() > kMaxNetworkStatements + kMaxProfileStatements + 2) {
      continue;
    }
    auto statement = read_statement(at->path());
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  if (error) {
    return system_error(folder_, "read", error.value());
  }
  // Kinds in order: what the trust statement says decides about the others.
  std::ranges::sort(statements, {}, &Statement::key);
  return statements;
}

// What is trusted now, and so which statements can be proven to others.
core::Result<void> StatementStore::derive(core::WallTime now) {
  auto roots = core::Result<std::vector<crypto::Certificate>>(installed_);
  if (const Statement* statement = find({StatementKind::kTrust, {}})) {
    roots = parse_trust_roots(statement->body());
  }
  if (!roots) {
    return roots.error();
  }
  auto entries = core::Result<std::vector<DeniedEntry>>(std::vector<DeniedEntry>());
  if (const Statement* statement = find({StatementKind::kDenylist, {}})) {
    entries = parse_denied(statement->body());
  }
  if (!entries) {
    return entries.error();
  }
  auto trust = TrustBundle::create(std::move(*roots), in_force(*entries, now));
  if (!trust) {
    return trust.error();
  }
  trust_ = std::move(*trust);
  denied_ = std::move(*entries);
  for (auto& [key, entry] : newest_) {
    entry.provable =
        key.kind == StatementKind::kProfile || entry.statement.verify(*trust_, now).has_value();
  }
  return {};
}

// The kinds whose bodies this store understands itself, and those of others.
core::Result<void> StatementStore::check(const Statement& statement, core::WallTime now) const {
  if (auto ok = statement.verify(*trust_, now); !ok) {
    return ok;
  }
  if (statement.key().kind == StatementKind::kTrust) {
    const auto roots = parse_trust_roots(statement.body());
    return roots ? core::Result<void>() : roots.error();
  }
  if (statement.key().kind == StatementKind::kDenylist) {
    const auto entries = parse_denied(statement.body());
    return entries ? core::Result<void>() : entries.error();
  }
  const auto check = checks_.find(statement.key().kind);
  return check == checks_.end() ? core::Result<void>() : check->second(statement);
}

// The answer, when the generation alone gives it.
std::optional<core::Result<StatementStore::Offer>> StatementStore::settled(
    const Statement& statement) const {
  const Statement* held = find(statement.key());
  if (held == nullptr || held->generation() < statement.generation()) {
    return std::nullopt;
  }
  if (held->generation() > statement.generation()) {
    return Offer::kOlder;
  }
  if (!held->same_content(statement)) {
    return fail(Errc::kStatementConflict,
                fmt::format("{} of generation {}", kind_name(statement.key().kind),
                            statement.generation()));
  }
  return Offer::kKnown;
}

bool StatementStore::has_room(StatementKind kind) const {
  const auto held = static_cast<std::size_t>(std::ranges::count_if(
      newest_, [kind](const auto& entry) { return entry.first.kind == kind; }));
  return held < (kind == StatementKind::kNetwork ? kMaxNetworkStatements : kMaxProfileStatements);
}

core::Result<StatementStore::Offer> StatementStore::offer(const Statement& statement,
                                                          core::WallTime now,
                                                          core::WallTime proof_time) {
  // What is not in force already has to be proven before anything is said about it.
  if (auto answer = settled(statement); answer && answer->has_value()) {
    return *answer;
  }
  if (auto ok = check(statement, proof_time); !ok) {
    return ok.error();
  }
  if (auto answer = settled(statement)) {
    return *answer;
  }
  if (!newest_.contains(statement.key()) && !has_room(statement.key().kind)) {
    return fail(Errc::kStatementsFull, std::string(kind_name(statement.key().kind)));
  }
  if (auto ok = accept(statement, false, now); !ok) {
    return ok.error();
  }
  return Offer::kAccepted;
}

core::Result<void> StatementStore::accept(const Statement& statement, bool written,
                                          core::WallTime now) {
  const StatementKey key = statement.key();
  Entry& entry = newest_.insert_or_assign(key, Entry{statement, true, written}).first->second;
  if (key.kind == StatementKind::kTrust || key.kind == StatementKind::kDenylist) {
    if (auto ok = derive(now); !ok) {
      return ok;
    }
  }
  auto done = written || is_later(key.kind) ? core::Result<void>() : write(entry);
  for (const News& news : news_) {
    news(statement);
  }
  return done;
}

core::Result<void> StatementStore::write(Disk& disk, const fs::path& folder,
                                         const Statement& statement, core::Duration patience) {
  if (auto made = make_private_folder(disk, folder); !made) {
    return made;
  }
  const auto lock = FileLock::acquire(folder / kLockFile, patience);
  if (!lock) {
    return lock.error();
  }
  const fs::path file = folder / file_name(statement.key());
  const auto present = read_statement(file);
  if (present && present->generation() >= statement.generation()) {
    return {};
  }
  const std::string text = statement.pem();
  return write_durably(disk, file, core::as_bytes(text), kSecretMode);
}

core::Result<void> StatementStore::write(Entry& entry) {
  auto done = write(*disk_, folder_, entry.statement, patience_);
  entry.written = entry.written || done.has_value();
  return done;
}

std::vector<Statement> StatementStore::unwritten() const {
  std::vector<Statement> statements;
  for (const auto& [key, entry] : newest_) {
    if (!entry.written && is_later(key.kind)) {
      statements.push_back(entry.statement);
    }
  }
  return statements;
}

void StatementStore::written(const Statement& statement) {
  const auto at = newest_.find(statement.key());
  if (at != newest_.end() && at->second.statement.generation() == statement.generation()) {
    at->second.written = true;
  }
}

void StatementStore::drop(const StatementKey& key) {
  if (newest_.erase(key) != 0) {
    disk_->remove(folder_ / file_name(key));
  }
}

core::Result<bool> StatementStore::reload(core::WallTime now) {
  const auto statements = read();
  if (!statements) {
    return statements.error();
  }
  bool news = false;
  for (const Statement& statement : *statements) {
    if (const auto answer = settled(statement); answer) {
      continue;
    }
    if (auto ok = check(statement, now); !ok) {
      return ok.error();
    }
    if (auto ok = accept(statement, true, now); !ok) {
      return ok.error();
    }
    news = true;
  }
  return news;
}

bool StatementStore::is_news(const fs::path& file) const {
  const auto statement = read_statement(file);
  return !statement || !settled(*statement);
}

bool StatementStore::refresh(core::WallTime now) {
  for (auto& [key, entry] : newest_) {
    if (!entry.written && !is_later(key.kind) && !write(entry)) {
      break;
    }
  }
  if (in_force(denied_, now) == trust_->denied()) {
    return false;
  }
  return derive(now).has_value();
}

core::Result<void> StatementStore::clear(core::WallTime now) {
  for (const auto& [key, entry] : newest_) {
    const fs::path file = folder_ / file_name(key);
    if (const int error = disk_->remove(file); error < 0 && error != -ENOENT) {
      return system_error(file, "remove", -error);
    }
  }
  newest_.clear();
  return derive(now);
}

core::Result<void> StatementStore::install(std::vector<crypto::Certificate> roots,
                                           core::WallTime now) {
  const auto& trusted = trust_->roots();
  const bool another_mesh = std::ranges::none_of(roots, [&](const crypto::Certificate& root) {
    return std::ranges::find(trusted, root) != trusted.end();
  });
  if (another_mesh) {
    newest_.clear();
  }
  installed_ = std::move(roots);
  return derive(now);
}

const Statement* StatementStore::find(const StatementKey& key) const {
  const auto at = newest_.find(key);
  return at == newest_.end() ? nullptr : &at->second.statement;
}

std::vector<Statement> StatementStore::of_kind(StatementKind kind) const {
  std::vector<Statement> statements;
  for (const auto& [key, entry] : newest_) {
    if (key.kind == kind) {
      statements.push_back(entry.statement);
    }
  }
  return statements;
}

std::vector<StatementHead> StatementStore::heads() const {
  std::vector<StatementHead> heads;
  for (const auto& [key, entry] : newest_) {
    if (entry.provable) {
      heads.push_back(entry.statement.head());
    }
  }
  return heads;
}

std::uint64_t StatementStore::trust_generation() const {
  const Statement* statement = find({StatementKind::kTrust, {}});
  return statement == nullptr ? 0 : statement->generation();
}

}  // namespace runard::identity
