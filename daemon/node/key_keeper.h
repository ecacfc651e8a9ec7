// KeyKeeper: the node's keys in the running daemon: gives the KeyHolder what the StatementBook
// hears and what waits in STATE/delegations, and looks again when a key's time comes.
//
// A statement whose keys can't be opened is logged and changes nothing. Control strand only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "identity/state_dir.h"
#include "identity/statement_store.h"
#include "keys/key_holder.h"
#include "node/local_node.h"
#include "node/network_map.h"
#include "system/keys_service.h"

namespace runard::node {

class KeyKeeper {
 public:
  // All that it refers to outlives it. `store` is open for writing.
  struct Where {
    keys::Keystore& store;
    identity::StateDir& state;
  };
  // Where the keys are published.
  struct Published {
    keys::KeyRing& ring;
    keys::Directory& directory;
  };
  // Told which keys of networks this node holds, whenever that may have changed.
  using Held = std::function<void(const std::vector<keys::HeldVersion>&)>;
  KeyKeeper(const Context& context, const Where& where, const core::NodeId& self,
            const Published& published,
            std::optional<std::chrono::milliseconds> agreement_age = std::nullopt)
      : context_(context),
        state_(where.state),
        log_(context.log.component("keys")),
        holder_(where.store, self,
                {context.clock, context.random, log_, published.ring, published.directory,
                 agreement_age}) {}
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;
  ~KeyKeeper() { context_.control.cancel(timer_); }

  void on_held(Held held) { held_ = std::move(held); }
  // A peer is linked, or no more.
  void peer_up(const core::NodeId& node);
  void peer_down(const core::NodeId& node);
  // What it says that it holds.
  void peer_holds(const core::NodeId& node, const std::vector<keys::HeldVersion>& held);

  // Everything that is known by now. Errors: those of KeyHolder::start.
  core::Result<void> start(const identity::StatementStore& statements);
  // The "$keys" of each network. The keeper outlives the registry.
  void serve(registry::Registry& registry, const NetworkMap& networks);
  keys::Storage& storage() { return holder_.storage(); }
  // A statement that came into force.
  void take(const identity::Statement& statement);
  // Keys of profiles that were given to this node; the files go when they are in the keystore.
  void take_delegations();

 private:
  void rearm();

  const Context context_;
  identity::StateDir& state_;
  const core::Log log_;
  keys::KeyHolder holder_;
  std::vector<std::unique_ptr<system::KeysService>> services_;  // one a network
  Held held_;
  core::TimerId timer_ = 0;
};

}  // namespace runard::node
