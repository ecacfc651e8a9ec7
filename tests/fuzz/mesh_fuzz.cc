// links: mesh
// Hostile peers: whatever they send, and whenever, the mesh stays whole and bounded, and never asks
// for a tick at once again. The input is a list of steps: {what, size, time, bytes}.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/check.h"
#include "core/random.h"
#include "mesh/mesh.h"

namespace {

using namespace runard;

struct Nowhere final : mesh::Port {
  bool send_control(mesh::LinkId, wire::SyncType, core::Bytes) override { return ++sent % 5 != 0; }
  void close(mesh::LinkId, const core::Error&) override {}
  void dial(mesh::DialId dial, const std::vector<std::string>&,
            const std::optional<core::NodeId>&) override {
    last_dial = dial;
  }
  void attach(const core::NodeId&, mesh::LinkId) override {}
  void detach(const core::NodeId&) override {}
  void replace(registry::NodeRows) override {}
  void drop(const core::NodeId&) override {}
  void news(mesh::PeerNews, const core::NodeId&) override {}
  std::uint64_t sent = 0;
  mesh::DialId last_dial = 0;
};

struct OneNetwork final : mesh::NetworkNames {
  static core::NetworkId the_id() {
    core::NetworkId id;
    id.bytes.fill(1);
    return id;
  }
  std::optional<core::NetworkId> id(std::string_view name) const override {
    return name == "main" ? std::optional(the_id()) : std::nullopt;
  }
  std::optional<std::string> name(const core::NetworkId& id) const override {
    return id == the_id() ? std::optional<std::string>("main") : std::nullopt;
  }
};

core::NodeId node(std::uint8_t fill) {
  core::NodeId id;
  id.bytes.fill(fill);
  return id;
}

registry::NodeRows own_rows(core::ByteView bytes) {
  registry::NodeRows rows;
  for (const std::uint8_t byte : bytes) {
    registry::ServiceRow row;
    row.network = "main";
    row.path = "s" + std::to_string(byte & 15U);
    row.state = static_cast<registry::ServiceState>(byte >> 4 & 7U);
    rows.services.push_back(std::move(row));
  }
  return rows;
}

struct Run {
  void own_step(std::uint8_t what, core::ByteView bytes);
  void step(std::uint8_t what, core::ByteView bytes);

  Nowhere port;
  OneNetwork names;
  core::SeededRandom random{1};
  mesh::Settings settings;
  mesh::Mesh mesh;
  core::TimePoint now{std::chrono::hours(1)};
  std::array<mesh::LinkId, 4> links{};  // never used twice
  mesh::LinkId last_link = 0;

  static mesh::Settings small() {
    mesh::Settings settings;
    settings.rows_memory = settings.update_bytes = 1 << 16;
    return settings;
  }
  Run() : settings(small()), mesh({node(1), 1}, settings, names, port, random, core::Log()) {}
};

// What this node does by itself.
void Run::own_step(std::uint8_t what, core::ByteView bytes) {
  switch (what & 7U) {
    case 0:
      mesh.dial_failed(port.last_dial, core::fail(core::Errc::kSelfDial, ""), {}, now);
      return;
    case 1:
      mesh.networks_changed(own_rows(bytes), now);
      return;
    case 2:
      mesh.seen({{"10.0.0.3:1"},
                 node(3),
                 mesh::HintSource::kMulticast,
                 std::chrono::seconds(15),
                 (what & 8U) != 0},
                now);
      return;
    case 3:
      mesh.drain(now);
      return;
    case 4:
      mesh.leave(now);
      return;
    default:
      mesh.local_changed(own_rows(bytes), now);
  }
}

void Run::step(std::uint8_t what, core::ByteView bytes) {
  const std::size_t slot = what & 3U;
  switch (what >> 5) {
    case 0:
      mesh.link_up(links[slot] = ++last_link,
                   {node(static_cast<std::uint8_t>(2 + (slot & 1U))),
                    "",
                    {OneNetwork::the_id()},
                    1U + (what >> 4 & 1U),
                    "10.0.0.2:1",
                    port.last_dial},
                   now);
      return;
    case 1:
      mesh.link_down(links[slot], core::fail(core::Errc::kLinkLost, ""), now);
      return;
    case 2:
      own_step(what, bytes);
      return;
    case 3:
      mesh.writable(links[slot], now);
      return;
    default:
      mesh.control(links[slot], 0x20U + (what >> 2 & 7U), bytes, now);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Run run;
  for (core::ByteView rest(data, size); rest.size() >= 3;) {
    const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 3);
    run.now += std::chrono::milliseconds(rest[2]) * 4;
    run.step(rest[0], rest.subspan(3, length));
    run.mesh.tick(run.now);
    RUNARD_CHECK(run.mesh.expiry() > run.now);
    rest = rest.subspan(3 + length);
  }
  for (const mesh::PeerStatus& peer : run.mesh.peers()) {
    RUNARD_CHECK(peer.rows_memory <= run.settings.rows_memory);
    RUNARD_CHECK(peer.links <= run.settings.links_per_peer);
  }
  return 0;
}
