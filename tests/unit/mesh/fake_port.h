// FakePort: records what a Mesh asks for, and lets a test play the rest of the daemon.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "mesh/mesh.h"

namespace runard::mesh {

struct Sent {
  LinkId link;
  wire::SyncType type;
  core::Bytes body;
};

class FakePort final : public Port {
 public:
  bool send_control(LinkId link, wire::SyncType type, core::Bytes body) override {
    if (room == 0) {
      return false;
    }
    --room;
    sent.push_back({link, type, std::move(body)});
    return true;
  }
  void close(LinkId link, const core::Error& reason) override { closed[link] = reason.code; }
  void dial(DialId dial, const std::vector<std::string>& addresses,
            const std::optional<core::NodeId>& expected) override {
    dials.push_back({dial, addresses, expected});
  }
  void attach(const core::NodeId& node, LinkId link) override { attached[node] = link; }
  void detach(const core::NodeId& node) override { attached.erase(node); }
  void replace(registry::NodeRows node_rows) override {
    rows.insert_or_assign(node_rows.node, std::move(node_rows));
  }
  void drop(const core::NodeId& node) override { rows.erase(node); }
  bool show(const core::NodeId&, const core::NetworkId&,
            wire::ServiceEntry& service) const override {
    std::erase_if(*service.actions,
                  [&](const wire::ActionEntry& action) { return action.pattern == hidden_action; });
    return std::find(hidden.begin(), hidden.end(), service.path) == hidden.end();
  }
  void news(PeerNews what, const core::NodeId& node) override { told.push_back({what, node}); }
  void keys_held(const core::NodeId& peer, const std::vector<wire::KeyHeld>& keys) override {
    held[peer] = keys;
  }

  std::vector<Sent> take(LinkId link, wire::SyncType type) {
    std::vector<Sent> taken;
    for (const Sent& frame : sent) {
      if (frame.link == link && frame.type == type) {
        taken.push_back(frame);
      }
    }
    std::erase_if(sent, [&](const Sent& f) { return f.link == link && f.type == type; });
    return taken;
  }

  std::size_t room = SIZE_MAX;
  std::vector<std::string> hidden;  // services that no peer may see
  std::string hidden_action;        // of any service
  std::vector<Sent> sent;
  std::map<LinkId, core::Errc> closed;
  std::vector<AddressBook::Dial> dials;
  std::map<core::NodeId, LinkId> attached;
  std::map<core::NodeId, registry::NodeRows> rows;
  std::vector<std::pair<PeerNews, core::NodeId>> told;
  std::map<core::NodeId, std::vector<wire::KeyHeld>> held;
};

// Networks by name; a network's id is its name's first letter, sixteen times.
class FakeNames final : public NetworkNames {
 public:
  explicit FakeNames(std::vector<std::string> names) : names_(std::move(names)) {}
  static core::NetworkId id_of(std::string_view name) {
    core::NetworkId id;
    id.bytes.fill(static_cast<std::uint8_t>(name[0]));
    return id;
  }
  std::optional<core::NetworkId> id(std::string_view name) const override {
    for (const std::string& known : names_) {
      if (known == name) {
        return id_of(known);
      }
    }
    return {};
  }
  std::optional<std::string> name(const core::NetworkId& id) const override {
    for (const std::string& known : names_) {
      if (id_of(known) == id) {
        return known;
      }
    }
    return {};
  }
  std::vector<std::string> names_;
};

inline core::NodeId node_id(std::uint8_t fill) {
  core::NodeId id;
  id.bytes.fill(fill);
  return id;
}

inline core::TimePoint at(std::int64_t ms) {
  return core::TimePoint(std::chrono::milliseconds(ms));
}

inline registry::ServiceRow service(std::string network, std::string path) {
  registry::ServiceRow row;
  row.network = std::move(network);
  row.path = std::move(path);
  row.type = "test";
  row.state = registry::ServiceState::kRunning;
  row.actions.push_back({"add", "adds", "{}", "{}", 0});
  return row;
}

}  // namespace runard::mesh
