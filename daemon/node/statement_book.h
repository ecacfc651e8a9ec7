// StatementBook: what the mesh's authority has said, between the store, the gossip and those who
// act upon it. Control strand only.
//
// Statements from peers are limited: a profile's body has to be one (anyone can make one), when
// there are as many as the store takes those that ended a day ago make room, which nobody is told
// of either (they would hold the places of those that still count), and by a clock that
// stands before the last time this node saw only denylists are taken, since what ended could seem
// to hold still. Of what honest nodes may have come to as this one did nobody is accused: it is not
// taken. Profiles are written by whoever asks the store for unwritten().
#pragma once

#include <functional>

#include "core/log.h"
#include "identity/statement_store.h"
#include "mesh/statements.h"

namespace runard::node {

class StatementBook final : public mesh::Statements {
 public:
  static constexpr std::chrono::hours kEndedKept{24};  // a profile, while there is room

  using Changed = std::function<void(const identity::Statement&)>;

  // `clock` outlives the book.
  StatementBook(identity::StatementStore store, const core::Clock& clock, core::Log log);
  StatementBook(const StatementBook&) = delete;
  StatementBook& operator=(const StatementBook&) = delete;

  identity::StatementStore& store() { return store_; }
  const identity::StatementStore& store() const { return store_; }
  void set_changed(Changed changed) { changed_ = std::move(changed); }
  // From now on denylists are all that is taken: what is revoked stays so by its generation,
  // whatever the clock says. They are held against a clock that can't be right no more: it is later
  // than `latest`, and than the list.
  void refuse_news(core::WallTime latest) {
    frozen_ = true;
    latest_ = latest;
  }
  bool frozen() const { return frozen_; }
  bool takes(const identity::Statement& statement) const {
    return !frozen_ || statement.key().kind == identity::StatementKind::kDenylist;
  }
  // For once in a while: when there was no room, profiles that have ended go.
  void make_room();

  // mesh::Statements
  std::vector<wire::StatementHead> heads(
      const std::vector<core::NetworkId>& networks) const override;
  std::optional<std::uint64_t> generation(const wire::StatementKey& key) const override;
  bool wanted(const wire::StatementKey& key,
              const std::vector<core::NetworkId>& networks) const override;
  const core::Bytes* bytes(const wire::StatementKey& key) const override;
  Taken offer(core::ByteView bytes, const core::NodeId& from) override;

 private:
  void on_news(const identity::Statement& statement);
  bool ended(const identity::Statement& profile) const;
  core::WallTime proof_time(const identity::Statement& statement) const;

  identity::StatementStore store_;
  const core::Clock& clock_;
  const core::Log log_;
  Changed changed_;
  bool frozen_ = false;
  core::WallTime latest_{};  // that the node saw, when frozen
  bool full_ = false;        // of profiles
};

wire::StatementKey wire_key(const identity::StatementKey& key);

}  // namespace runard::node
