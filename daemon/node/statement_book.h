// StatementBook: what the mesh's authority has said, between the store, the gossip and those who
// act upon it. Control strand only.
//
// Statements from peers are limited: a node may hand over so many profiles that nobody knew (anyone
// can make one), and a clock that stands before the last time this node saw refuses everything new,
// since what ended could seem to hold still.
#pragma once

#include <functional>
#include <map>

#include "core/log.h"
#include "identity/statement_store.h"
#include "mesh/statements.h"

namespace runard::node {

class StatementBook final : public mesh::Statements {
 public:
  static constexpr std::size_t kMaxProfilesFromPeer = 256;

  using Changed = std::function<void(const identity::Statement&)>;

  // `clock` outlives the book.
  StatementBook(identity::StatementStore store, const core::Clock& clock, core::Log log)
      : store_(std::move(store)), clock_(clock), log_(std::move(log)) {
    store_.on_news([this](const identity::Statement& statement) { on_news(statement); });
  }
  StatementBook(const StatementBook&) = delete;
  StatementBook& operator=(const StatementBook&) = delete;

  identity::StatementStore& store() { return store_; }
  const identity::StatementStore& store() const { return store_; }
  void set_changed(Changed changed) { changed_ = std::move(changed); }
  // From now on nothing new is taken.
  void refuse_news() { frozen_ = true; }
  bool frozen() const { return frozen_; }

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
  bool too_many_profiles(const identity::Statement& statement, const core::NodeId& from);

  identity::StatementStore store_;
  const core::Clock& clock_;
  const core::Log log_;
  Changed changed_;
  bool frozen_ = false;
  std::map<core::NodeId, std::size_t> profiles_from_;
};

wire::StatementKey wire_key(const identity::StatementKey& key);

}  // namespace runard::node
