// The interfaces that MeshNode implements: each news goes from one part to the next, and nowhere
// else.

#include <algorithm>

#include "node/mesh_node.h"
#include "node/told_services.h"
#include "wire/kept_keys.h"

namespace runard::node {
namespace {

std::string_view news_text(mesh::PeerNews what) {
  constexpr std::string_view kTexts[] = {"discovered", "updated", "disconnected"};
  return kTexts[static_cast<std::size_t>(what)];
}

}  // namespace

bool MeshNode::send_control(mesh::LinkId link, wire::SyncType type, core::Bytes body) {
  return endpoint_->send_control(link, static_cast<std::uint64_t>(type), body).has_value();
}

void MeshNode::close(mesh::LinkId link, const core::Error& reason) {
  endpoint_->close(link, reason);
}

void MeshNode::dial(mesh::DialId dial, const std::vector<std::string>& addresses,
                    const std::optional<core::NodeId>& expected) {
  dials_[endpoint_->dial({addresses, expected})] = dial;
}

void MeshNode::attach(const core::NodeId& node, mesh::LinkId link) {
  if (const auto at = links_.find(link); at != links_.end()) {
    peers_.attach(node, at->second.remote);
    local_.broker().peer_up(node, at->second.epoch, known_[node].networks);
    context_.control.post([this, node] { keeper_.peer_up(node); });
  }
}

void MeshNode::detach(const core::NodeId& node) {
  peers_.detach(node);
  local_.broker().peer_down(node);
  context_.control.post([this, node] { keeper_.peer_down(node); });
}

void MeshNode::replace(registry::NodeRows rows) {
  const auto known = known_.find(rows.node);
  rows.name = known == known_.end() ? rows.name : known->second.name;
  std::erase_if(rows.services, [&](const registry::ServiceRow& row) {
    return !local_.gate().admit(rows.node, policy::Action::kRegister, {row.network, row.path});
  });
  rpc::Handler& handler = peers_.handler(rows.node);
  local_.registry().replace(rows, handler);
  remote_services_.changed(rows);
}

bool MeshNode::show(const core::NodeId& peer, const core::NetworkId& network,
                    wire::ServiceEntry& service) const {
  std::vector<wire::ActionEntry> none;
  return keep_told(local_.gate(), peer, {networks_.name(network), service.path},
                   service.actions ? *service.actions : none);
}

void MeshNode::drop(const core::NodeId& node) {
  local_.registry().drop(node);
  remote_services_.gone(node);
}

void MeshNode::news(mesh::PeerNews what, const core::NodeId& node) {
  const Known& known = known_[node];
  local_.events().peer(known.networks, node, known.name, news_text(what));
}

void MeshNode::keys_held(const core::NodeId& peer, const std::vector<wire::KeyHeld>& held) {
  std::vector<keys::HeldVersion> versions;
  for (const wire::KeyHeld& key : held) {
    versions.push_back({key.network, static_cast<std::uint32_t>(
                                         std::min<std::uint64_t>(key.version, UINT32_MAX))});
  }
  context_.control.post(
      [this, peer, versions = std::move(versions)] { keeper_.peer_holds(peer, versions); });
}

std::vector<std::string> MeshNode::names_of(const std::vector<core::NetworkId>& networks) const {
  std::vector<std::string> names;
  for (const core::NetworkId& network : networks) {
    if (const std::string_view name = networks_.name(network); !name.empty()) {
      names.emplace_back(name);
    }
  }
  return names;
}

void MeshNode::link_up(transport::LinkId link, const transport::PeerInfo& peer,
                       std::shared_ptr<transport::RemoteNode> remote) {
  Link& known = links_[link];
  known.remote = std::move(remote);
  local_.gate().know({peer.node, peer.groups, names_of(peer.networks), peer.labels});
  known.epoch = peer.epoch;
  known.address = peer.address.text();
  known.tls = peer.own_tls;
  known.issuer = (peer.features & wire::kFeatureIssuer) != 0;
  if (known_[peer.node].run != peer.epoch) {
    keys_.codec().peer_began(peer.node);
  }
  known.not_after = peer.not_after;
  known_[peer.node] = {peer.name, names_of(peer.networks), peer.epoch, peer.not_after};
  mesh::PeerInfo info;
  info.node = peer.node;
  info.name = peer.name;
  info.networks = peer.networks;
  info.epoch = peer.epoch;
  info.address = peer.address.text();
  info.features = peer.features;
  info.dialled = peer.dialled;
  // Which dial made the link is told by dial_done(), right after this.
  mesh_.link_up(link, std::move(info), context_.clock.now());
  rearm();
}

// On whichever link of that run is there; lost with it, the peer just goes on sending in full.
void MeshNode::tell_kept(const core::NodeId& peer, const std::vector<envelope::KeyId>& ids) {
  std::vector<wire::KeptKey> keys;
  for (const envelope::KeyId& id : std::span(ids).first(std::min(ids.size(), wire::kMaxKeptKeys))) {
    keys.push_back(*wire::KeptKey::from(id.bytes));
  }
  for (const auto& [link, known] : links_) {
    if (known.remote->node() == peer && known.epoch == known_[peer].run) {
      send_control(link, wire::SyncType::kKeptKeys, wire::encode_kept_keys(keys));
      return;
    }
  }
}

core::Result<void> MeshNode::heard_kept(transport::LinkId link, core::ByteView body) {
  const auto keys = wire::decode_kept_keys(body);
  if (!keys) {
    return keys.error();
  }
  const auto at = links_.find(link);
  if (at == links_.end() || at->second.epoch != known_[at->second.remote->node()].run) {
    return {};
  }
  std::vector<envelope::KeyId> ids;
  for (const wire::KeptKey& key : *keys) {
    ids.push_back(*envelope::KeyId::from(key.bytes));
  }
  keys_.codec().peer_keeps(at->second.remote->node(), ids);
  return {};
}

void MeshNode::control(transport::LinkId link, std::uint64_t type, core::ByteView body) {
  if (static_cast<wire::SyncType>(type) == wire::SyncType::kKeptKeys) {
    if (const auto heard = heard_kept(link, body); !heard) {
      close(link, heard.error());
    }
    return;
  }
  mesh_.control(link, type, body, context_.clock.now());
  rearm();
}

void MeshNode::link_down(transport::LinkId link, const core::Error& why) {
  forget_link(link);
  mesh_.link_down(link, why, context_.clock.now());
  rearm();
}

// A node without any link has no rights, whoever still speaks for it.
void MeshNode::forget_link(transport::LinkId link) {
  const auto at = links_.find(link);
  if (at == links_.end()) {
    return;
  }
  const core::NodeId node = at->second.remote->node();
  links_.erase(at);
  const bool linked = std::ranges::any_of(
      links_, [&](const auto& other) { return other.second.remote->node() == node; });
  if (!linked) {
    local_.gate().forget(node);
  }
}

void MeshNode::dial_done(transport::DialId dial, const core::Result<transport::LinkId>& outcome) {
  const auto at = dials_.find(dial);
  if (at == dials_.end()) {
    return;
  }
  const mesh::DialId its = at->second;
  dials_.erase(at);
  if (outcome) {
    // The link is known by link_up() already: for the book these addresses are that node's.
    const auto link = links_.find(*outcome);
    mesh_.dial_failed(
        its, core::fail(core::Errc::kDuplicateLink, "linked"),
        link == links_.end() ? std::nullopt : std::optional(link->second.remote->node()),
        context_.clock.now());
  } else {
    mesh_.dial_failed(its, outcome.error(), std::nullopt, context_.clock.now());
  }
  rearm();
}

void MeshNode::seen(const discovery::Sighting& sighting) {
  mesh::DialHint hint;
  hint.addresses = sighting.addresses;
  hint.node = sighting.node;
  hint.source =
      sighting.ttl == core::Duration{0} ? mesh::HintSource::kStatic : mesh::HintSource::kMulticast;
  hint.ttl = sighting.ttl;
  hint.fresh = sighting.fresh;
  mesh_.seen(hint, context_.clock.now());
  rearm();
}

void MeshNode::gone(const core::NodeId& node) {
  mesh_.unseen(node);
}

}  // namespace runard::node
