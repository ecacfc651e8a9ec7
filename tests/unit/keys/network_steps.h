// What tests of a network's keys do to it: steps that have to succeed.
#pragma once

#include "identity/revocation.h"
#include "mesh_world.h"

namespace runard::keys::testing {

inline NetworkKeyring keyring_of(const core::Result<identity::Statement>& statement) {
  REQUIRE(statement);
  return *NetworkKeyring::parse(statement->body());
}

inline void deny(
    MeshWorld& world, const core::NodeId& node,
    std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds> until) {
  REQUIRE(identity::deny(
      *world.ca,
      {identity::DeniedWhat::kNode, node, {}, {}, until.time_since_epoch().count(), ""}));
}

inline std::vector<identity::Statement> removed(
    MeshWorld& world, const core::NodeId& node,
    std::optional<core::NetworkId> only = std::nullopt) {
  Rekeyed done = world.networks->remove(node, only);
  CHECK(done.failed.empty());
  return std::move(done.statements);
}

inline void make_versions(MeshWorld& world, std::size_t count) {
  while (keyring_of(world.networks->current(world.main)).versions.size() < count) {
    REQUIRE(world.networks->rotate(world.main, {}));
  }
}

}  // namespace runard::keys::testing
