// Pair: two meshes whose frames a test carries from one to the other.
#pragma once

#include <fmt/format.h>

#include "core/random.h"
#include "fake_port.h"

namespace runard::mesh {

struct End {
  End(std::uint8_t fill, std::uint64_t epoch, std::vector<std::string> networks,
      const Settings& settings = {})
      : id(node_id(fill)),
        names(std::move(networks)),
        random(fill),
        mesh({id, epoch}, settings, names, port, random, core::Log()),
        epoch_(epoch) {}

  PeerInfo info() const {
    std::vector<core::NetworkId> ids;
    for (const std::string& name : names.names_) {
      ids.push_back(FakeNames::id_of(name));
    }
    return {id, "", ids, epoch_, fmt::format("10.0.0.{}:8889", id.bytes[0]), 0};
  }
  void offer(std::vector<registry::ServiceRow> services, core::TimePoint now) {
    registry::NodeRows rows;
    rows.node = id;
    rows.services = std::move(services);
    mesh.local_changed(rows, now);
  }

  core::NodeId id;
  FakeNames names;
  core::SeededRandom random;
  FakePort port;
  Mesh mesh;

 private:
  std::uint64_t epoch_;
};

struct Pair {
  End& a;
  End& b;

  void up(LinkId link, core::TimePoint now) {
    a.mesh.link_up(link, b.info(), now);
    b.mesh.link_up(link, a.info(), now);
  }
  // Carries frames to and fro until nobody has anything to say.
  void carry(core::TimePoint now) {
    while (!a.port.sent.empty() || !b.port.sent.empty()) {
      hand(a, b, now);
      hand(b, a, now);
    }
  }
  static void hand(End& from, End& to, core::TimePoint now) {
    for (const Sent& frame : std::exchange(from.port.sent, {})) {
      to.mesh.control(frame.link, static_cast<std::uint64_t>(frame.type), frame.body, now);
    }
  }
  void tick(core::TimePoint now) {
    a.mesh.tick(now);
    b.mesh.tick(now);
    carry(now);
  }
};

// The services of another node that it was told of: "main:math".
using Paths = std::vector<std::string>;
inline Paths paths(const End& end, const core::NodeId& of) {
  Paths paths;
  const auto found = end.port.rows.find(of);
  if (found != end.port.rows.end()) {
    for (const registry::ServiceRow& row : found->second.services) {
      paths.push_back(row.network + ":" + row.path);
    }
  }
  return paths;
}

}  // namespace runard::mesh
