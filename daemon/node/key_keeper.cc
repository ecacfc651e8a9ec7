#include "node/key_keeper.h"

#include <algorithm>

#include "keys/delegation_folder.h"

namespace runard::node {
namespace {

using identity::StatementKind;

// After an error of the disk, and as the shortest time between two looks.
constexpr std::chrono::seconds kLookAgain{30};
constexpr std::chrono::milliseconds kShortest{10};

}  // namespace

core::Result<void> KeyKeeper::start(const identity::StatementStore& statements) {
  if (auto ok = holder_.start(); !ok) {
    return ok;
  }
  for (const StatementKind kind : {StatementKind::kNetwork, StatementKind::kProfile}) {
    for (const identity::Statement& statement : statements.of_kind(kind)) {
      if (const auto ok = holder_.take(statement); !ok) {
        log_.warn("a statement about keys could not be taken",
                  {core::field("why", core::describe(ok.error()))});
      }
    }
  }
  take_delegations();
  rearm();
  return {};
}

void KeyKeeper::serve(registry::Registry& registry, const NetworkMap& networks) {
  for (const core::NetworkId& id : networks.ids()) {
    auto& service = services_.emplace_back(std::make_unique<system::KeysService>(
        std::string(networks.name(id)), id, holder_, context_.control));
    registry.put_system(service->row(), *service);
  }
}

void KeyKeeper::take(const identity::Statement& statement) {
  const StatementKind kind = statement.key().kind;
  if (kind != StatementKind::kNetwork && kind != StatementKind::kProfile) {
    return;
  }
  if (const auto ok = holder_.take(statement); !ok) {
    log_.warn("a statement about keys could not be taken",
              {core::field("why", core::describe(ok.error()))});
  }
  if (kind == StatementKind::kProfile) {
    take_delegations();
  }
  rearm();
}

void KeyKeeper::take_delegations() {
  for (const keys::WaitingDelegation& waiting : keys::waiting_delegations(state_.path())) {
    if (holder_.awaits_certificate(waiting.delegation)) {
      continue;  // it comes with a statement: then this runs again
    }
    if (const auto ok = holder_.take(waiting.delegation); !ok) {
      log_.warn("a profile's key that was given to this node could not be taken",
                {core::field("file", waiting.file.string()),
                 core::field("why", core::describe(ok.error()))});
      continue;
    }
    state_.disk().remove(waiting.file);
  }
}

void KeyKeeper::peer_up(const core::NodeId& node) {
  holder_.live().up(node, context_.clock.now());
  rearm();
}

void KeyKeeper::peer_down(const core::NodeId& node) {
  holder_.live().down(node, context_.clock.now());
  rearm();
}

void KeyKeeper::peer_holds(const core::NodeId& node, const std::vector<keys::HeldVersion>& held) {
  holder_.live().holds(node, held);
  rearm();
}

void KeyKeeper::rearm() {
  context_.control.cancel(timer_);
  const auto next = holder_.tick();
  if (!next) {
    log_.error("the keystore could not be written",
               {core::field("why", core::describe(next.error()))});
  }
  if (held_) {
    held_(holder_.held_versions());
  }
  core::Duration wait = kLookAgain;
  if (next) {
    wait = std::max<core::Duration>(kShortest, *next - context_.clock.wall());
  }
  timer_ = context_.control.after(wait, [this] {
    timer_ = 0;
    rearm();
  });
}

}  // namespace runard::node
