// KeyKeeper: the node's keys in the running daemon: gives the KeyHolder what the StatementBook
// hears and what waits in STATE/delegations, and looks again when a key's time comes.
//
// A statement whose keys can't be opened is logged and changes nothing. Control strand only.
#pragma once

#include <filesystem>

#include "identity/disk.h"
#include "identity/statement_store.h"
#include "keys/key_holder.h"
#include "node/local_node.h"

namespace runard::node {

class KeyKeeper {
 public:
  // What it refers to outlives it; `store` is open for writing and `self` its node.
  KeyKeeper(const Context& context, keys::Keystore& store, const core::NodeId& self,
            keys::KeyRing& ring, keys::Directory& directory)
      : context_(context),
        log_(context.log.component("keys")),
        holder_(store, self, {context.clock, context.random, log_, ring, directory}) {}
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;
  ~KeyKeeper() { context_.control.cancel(timer_); }

  // Everything that is known by now. Errors: those of KeyHolder::start.
  core::Result<void> start(const identity::StatementStore& statements);
  // A statement that came into force.
  void take(const identity::Statement& statement);
  // Keys of profiles that were given to this node; the files go when they are in the keystore.
  void take_delegations(identity::Disk& disk, const std::filesystem::path& state_dir);

  keys::KeyHolder& holder() { return holder_; }

 private:
  void rearm();

  const Context context_;
  const core::Log log_;
  keys::KeyHolder holder_;
  core::TimerId timer_ = 0;
};

}  // namespace runard::node
