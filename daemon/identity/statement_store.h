// StatementStore: the newest statement of each kind and subject that this node has accepted, and
// what follows from them: whom it trusts. On disk as one file each:
//
//   STATE/statements/KIND-SUBJECT.pem     e.g. denylist-00000000000000000000000000.pem
//   STATE/statements/lock                 held while one is written, by whatever process
//
// An older generation is refused for ever, also after a restart. A statement counts from the moment
// it was accepted, even when it can't be written.
//
// Threading: one owner (the control strand). Accepting one writes a small file, but for a kind that
// another thread writes: write_later().
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/result.h"
#include "identity/denied.h"
#include "identity/disk.h"
#include "identity/statement.h"
#include "identity/trust_bundle.h"

namespace runard::identity {

class StatementStore {
 public:
  enum class Offer : std::uint8_t {
    kAccepted,  // it is news, and in force now
    kKnown,
    kOlder,  // than the one in force
  };
  // Whether a body may be taken; for the owner of a kind. It sees only what is signed rightly.
  using Check = std::function<core::Result<void>(const Statement&)>;
  using News = std::function<void(const Statement&)>;

  static constexpr std::size_t kMaxNetworkStatements = 256;
  static constexpr std::size_t kMaxProfileStatements = 4096;

  // `installed`: the root CAs of the node's bundle; those of a trust statement replace them. `disk`
  // outlives the store. Errors: kIdentityUnreadable for a damaged file, kFileMode, kSystem.
  static core::Result<StatementStore> open(Disk& disk, const std::filesystem::path& state_dir,
                                           std::vector<crypto::Certificate> installed,
                                           core::WallTime now);

  // Errors: those of Statement::verify, the kind's Check and the bodies' parsers;
  // kStatementConflict for the same generation with another content; kStatementsFull. With kSystem,
  // kFileMode or kStateLocked the statement is in force but not on disk.
  core::Result<Offer> offer(const Statement& statement, core::WallTime now) {
    return offer(statement, now, now);
  }
  // For a clock that is known to be wrong: what proves it is held against `proof_time`.
  core::Result<Offer> offer(const Statement& statement, core::WallTime now,
                            core::WallTime proof_time);

  // Takes what another process has put into the folder. True when something is new.
  core::Result<bool> reload(core::WallTime now);
  // Whether a file of the folder has what is not in force here: another process wrote it. True as
  // well for one that can't be read: reload() says why.
  bool is_news(const std::filesystem::path& file) const;
  const std::filesystem::path& folder() const { return folder_; }
  // For once in a while: entries of the denylist whose time is over end, and what could not be
  // written is written. True when the trust has changed.
  bool refresh(core::WallTime now);
  // A kind that anybody may make many of: offer() leaves its files to whoever asks for unwritten().
  void write_later(StatementKind kind) { later_ = kind; }
  std::vector<Statement> unwritten() const;  // of that kind
  // Any thread: needs no store. Keeps a newer one that is there.
  static core::Result<void> write(Disk& disk, const std::filesystem::path& folder,
                                  const Statement& statement, core::Duration patience);
  void written(const Statement& statement);
  // Forgets one of a kind that is full, on disk too; an older one may come back.
  void drop(const StatementKey& key);
  // Forgets all, on disk too: this node changes to another mesh.
  core::Result<void> clear(core::WallTime now);
  // The node's bundle was replaced. One of another mesh, without any root that was trusted: what is
  // in force is forgotten, but not on disk, where what came with the bundle is.
  core::Result<void> install(std::vector<crypto::Certificate> roots, core::WallTime now);

  const Statement* find(const StatementKey& key) const;
  std::vector<Statement> of_kind(StatementKind kind) const;
  // Of what a peer may be told: statements that whoever trusts the same CAs can check. (After a CA
  // was retired what it signed stays in force here, but proves nothing any more.)
  std::vector<StatementHead> heads() const;

  const TrustBundle& trust() const { return *trust_; }
  std::uint64_t trust_generation() const;  // 0: that of the node's bundle
  const std::vector<DeniedEntry>& denied() const { return denied_; }

  // How long a write waits for another process that writes; by default it does not.
  void set_patience(core::Duration patience) { patience_ = patience; }
  void set_check(StatementKind kind, Check check) { checks_[kind] = std::move(check); }
  // Called from within offer() and reload(), after the statement is in force.
  void on_news(News news) { news_.push_back(std::move(news)); }

 private:
  struct Entry {
    Statement statement;
    bool provable = false;
    bool written = false;
  };
  StatementStore(Disk& disk, std::filesystem::path folder,
                 std::vector<crypto::Certificate> installed)
      : disk_(&disk), folder_(std::move(folder)), installed_(std::move(installed)) {}
  core::Result<std::vector<Statement>> read() const;
  core::Result<void> check(const Statement& statement, core::WallTime now) const;
  std::optional<core::Result<Offer>> settled(const Statement& statement) const;
  core::Result<void> accept(const Statement& statement, bool written, core::WallTime now);
  core::Result<void> write(Entry& entry);
  bool is_later(StatementKind kind) const { return later_ == kind; }
  core::Result<void> derive(core::WallTime now);
  bool has_room(StatementKind kind) const;

  Disk* disk_;
  std::filesystem::path folder_;
  core::Duration patience_{};
  std::optional<StatementKind> later_;
  std::vector<crypto::Certificate> installed_;
  std::map<StatementKey, Entry> newest_;
  std::optional<TrustBundle> trust_;
  std::vector<DeniedEntry> denied_;
  std::map<StatementKind, Check> checks_;
  std::vector<News> news_;
};

}  // namespace runard::identity
