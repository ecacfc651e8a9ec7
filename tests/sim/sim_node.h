// SimNode: one node of a World, through all its runs.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/random.h"
#include "discovery/beacon.h"
#include "mesh/mesh.h"

namespace runard::sim {

// Texts that can be told from each other in raw bytes.
inline const std::vector<std::string> kNetworks = {"ALPHANET", "BETANET", "GAMMANET"};
inline const std::vector<std::string> kPathTags = {"alphapath", "betapath", "gammapath"};

inline std::string address_of(std::size_t node) {
  return "10.0.0." + std::to_string(node + 1) + ":8889";
}

inline core::NetworkId network_id(std::size_t network) {
  core::NetworkId id;
  id.bytes.fill(static_cast<std::uint8_t>(network + 1));
  return id;
}

struct Names final : mesh::NetworkNames {
  std::set<std::size_t> joined;  // indices into kNetworks

  std::optional<core::NetworkId> id(std::string_view name) const override {
    for (const std::size_t network : joined) {
      if (kNetworks[network] == name) {
        return network_id(network);
      }
    }
    return {};
  }
  std::optional<std::string> name(const core::NetworkId& id) const override {
    for (const std::size_t network : joined) {
      if (network_id(network) == id) {
        return kNetworks[network];
      }
    }
    return {};
  }
};

// What the rest of the daemon would hold; the World does what needs the network.
class SimPort : public mesh::Port {
 public:
  virtual ~SimPort() = default;
  void attach(const core::NodeId& node, mesh::LinkId link) override { attached[node] = link; }
  void detach(const core::NodeId& node) override { attached.erase(node); }
  void replace(registry::NodeRows node_rows) override {
    rows.insert_or_assign(node_rows.node, std::move(node_rows));
  }
  void drop(const core::NodeId& node) override { rows.erase(node); }

  std::map<core::NodeId, mesh::LinkId> attached;
  std::map<core::NodeId, registry::NodeRows> rows;
};

struct SimNode {
  core::NodeId id;
  Names names;
  std::vector<std::size_t> static_peers;
  std::uint64_t epoch = 0;  // of the run that lives, or of the last one

  // Of the run that lives; null else.
  std::unique_ptr<SimPort> port;
  std::unique_ptr<core::SeededRandom> random;
  std::unique_ptr<mesh::Mesh> mesh;
  std::unique_ptr<discovery::Beacon> beacon;
  registry::NodeRows rows;
  std::map<core::NodeId, std::uint64_t> heard;  // announcers and their epochs
  core::TimePoint tick = core::kNever;
  bool leaving = false;

  core::TimePoint frozen_until{};
  core::TimePoint thawed{};   // the end of the last freeze
  core::TimePoint stopped{};  // the end of the last run
};

}  // namespace runard::sim
