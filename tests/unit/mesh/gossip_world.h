// Statements that are easy to make, who keeps them, and nodes that tell each other of them.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <memory>

#include "fake_port.h"
#include "mesh/gossip.h"
#include "wire/sync.h"

namespace runard::mesh {

inline wire::StatementKey key(std::uint64_t kind, std::uint8_t subject = 0) {
  wire::StatementKey made{kind, {}};
  made.subject.bytes.fill(subject);
  return made;
}

// A statement is {kind, subject's byte, generation, 'y' when it is proven}, then any bytes.
inline core::Bytes statement(std::uint8_t kind, std::uint8_t subject, std::uint8_t generation,
                             std::size_t size = 4, char proof = 'y') {
  core::Bytes bytes(std::max<std::size_t>(size, 4), 0);
  bytes[0] = kind;
  bytes[1] = subject;
  bytes[2] = generation;
  bytes[3] = static_cast<std::uint8_t>(proof);
  return bytes;
}

struct Book final : Statements {
  std::vector<wire::StatementHead> heads(
      const std::vector<core::NetworkId>& networks) const override {
    std::vector<wire::StatementHead> all;
    for (const auto& [k, bytes] : held) {
      if (wanted(k, networks)) {
        all.push_back({k, bytes[2]});
      }
    }
    return all;
  }
  std::optional<std::uint64_t> generation(const wire::StatementKey& k) const override {
    const auto at = held.find(k);
    return at == held.end() ? std::nullopt : std::optional<std::uint64_t>(at->second[2]);
  }
  bool wanted(const wire::StatementKey& k,
              const std::vector<core::NetworkId>& networks) const override {
    return k.kind != 3 ||
           std::ranges::find(networks, *core::NetworkId::from(k.subject.bytes)) != networks.end();
  }
  const core::Bytes* bytes(const wire::StatementKey& k) const override {
    const auto at = held.find(k);
    return at == held.end() ? nullptr : &at->second;
  }
  Taken offer(core::ByteView bytes, const core::NodeId&) override {
    ++offers;
    if (bytes.size() < 4 || bytes[3] != 'y') {
      return Taken::kRefused;
    }
    const auto k = key(bytes[0], bytes[1]);
    if (const auto own = generation(k); own && *own >= bytes[2]) {
      return Taken::kOld;
    }
    held[k] = core::Bytes(bytes.begin(), bytes.end());
    if (changed) {
      changed(k);
    }
    return Taken::kNews;
  }

  std::map<wire::StatementKey, core::Bytes> held;
  std::size_t offers = 0;
  std::function<void(const wire::StatementKey&)> changed;
};

// Some nodes in virtual time; links are numbered from * 100 + to at both ends.
struct World {
  struct Node {
    explicit Node(const GossipSettings& settings) : gossip(settings, port) {
      gossip.set_statements(&book);
    }
    FakePort port;
    Book book;
    Gossip gossip;
  };
  explicit World(std::size_t count, const GossipSettings& settings = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes.push_back(std::make_unique<Node>(settings));
      Node& node = *nodes.back();
      node.book.changed = [this, &node](const wire::StatementKey& k) {
        node.gossip.changed(k, at(now));
      };
    }
  }
  Node& operator[](std::size_t i) { return *nodes[i]; }

  void link(std::size_t a, std::size_t b, std::vector<core::NetworkId> common = {}) {
    nodes[a]->gossip.link_up(a * 100 + b, node_id(static_cast<std::uint8_t>(b + 1)), common,
                             at(now));
    nodes[b]->gossip.link_up(b * 100 + a, node_id(static_cast<std::uint8_t>(a + 1)), common,
                             at(now));
  }
  void unlink(std::size_t a, std::size_t b) {
    nodes[a]->gossip.link_down(a * 100 + b);
    nodes[b]->gossip.link_down(b * 100 + a);
  }
  // One round: everybody ticks, then what was said arrives.
  void round() {
    for (auto& node : nodes) {
      node->gossip.tick(at(now));
    }
    for (std::size_t from = 0; from < nodes.size(); ++from) {
      for (const Sent& frame : std::exchange(nodes[from]->port.sent, {})) {
        ++frames;
        const std::size_t to = frame.link % 100;
        const auto taken =
            nodes[to]->gossip.on_frame(to * 100 + from, frame.type, frame.body, at(now));
        CHECK(taken);
      }
    }
    now += 10;
  }
  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      round();
    }
  }
  std::size_t who_have(const wire::StatementKey& k, std::uint64_t generation) const {
    std::size_t count = 0;
    for (const auto& node : nodes) {
      count += node->book.generation(k) == generation ? 1 : 0;
    }
    return count;
  }

  std::vector<std::unique_ptr<Node>> nodes;
  std::int64_t now = 1000;
  std::size_t frames = 0;
};

inline core::NetworkId network(std::uint8_t fill) {
  core::NetworkId id;
  id.bytes.fill(fill);
  return id;
}

}  // namespace runard::mesh
