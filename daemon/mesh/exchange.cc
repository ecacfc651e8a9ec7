#include "mesh/exchange.h"

#include <algorithm>
#include <utility>

namespace runard::mesh {
namespace {

bool share_a_network(const Known& a, const Known& b) {
  return std::any_of(a.networks.begin(), a.networks.end(), [&](const auto& network) {
    return std::find(b.networks.begin(), b.networks.end(), network) != b.networks.end();
  });
}

// What `to` may be told of `about`; without addresses when that is nothing.
wire::PeerHint hint(const Known& about, const Known& to) {
  wire::PeerHint hint{about.node, {}};
  if (about.node == to.node || !share_a_network(about, to)) {
    return hint;
  }
  for (const wire::Address& address : about.addresses) {
    const bool reachable = !address.link_local() && (!address.loopback() || to.loopback);
    if (reachable && hint.addresses.size() < wire::kMaxHintAddresses) {
      hint.addresses.push_back(address);
    }
  }
  return hint;
}

void tell(const Known& to, const std::vector<const Known*>& about,
          std::vector<Exchange::Message>& out) {
  Exchange::Message message{to.link, {}};
  for (const Known* peer : about) {
    wire::PeerHint made = hint(*peer, to);
    if (made.addresses.empty()) {
      continue;
    }
    message.hints.push_back(std::move(made));
    if (message.hints.size() == wire::kMaxPeerHints) {
      out.push_back(std::exchange(message, {to.link, {}}));
    }
  }
  if (!message.hints.empty()) {
    out.push_back(std::move(message));
  }
}

}  // namespace

void Exchange::changed(const core::NodeId& node, core::TimePoint now) {
  news_.insert(node);
  soon(now);
}

void Exchange::joined(LinkId link, core::TimePoint now) {
  newcomers_.insert(link);
  soon(now);
}

void Exchange::soon(core::TimePoint now) {
  flush_ = std::min(flush_, now + settings_.delay);
  if (round_ == core::kNever) {
    round_ = now + settings_.round;
  }
}

std::vector<Exchange::Message> Exchange::due(const std::vector<Known>& peers, core::TimePoint now) {
  const bool round = round_ <= now;
  const auto newcomers = std::exchange(newcomers_, {});
  const std::vector<const Known*> news = take_news(peers);
  std::vector<const Known*> all;
  for (const Known& peer : peers) {
    all.push_back(&peer);
  }
  std::vector<Message> messages;
  for (const Known& to : peers) {
    tell(to, newcomers.contains(to.link) ? all : news, messages);
    if (round) {
      tell(to, sample(all), messages);
    }
  }
  flush_ = core::kNever;
  if (round) {
    round_ = peers.empty() ? core::kNever : now + settings_.round;
  }
  return messages;
}

std::vector<const Known*> Exchange::take_news(const std::vector<Known>& peers) {
  std::vector<const Known*> news;
  for (const Known& peer : peers) {
    if (news_.contains(peer.node)) {
      news.push_back(&peer);
    }
  }
  news_.clear();
  return news;
}

std::vector<const Known*> Exchange::sample(const std::vector<const Known*>& all) {
  if (all.size() <= wire::kMaxPeerHints) {
    return all;
  }
  std::vector<const Known*> chosen;
  const std::size_t start = random_.below(all.size());
  for (std::size_t i = 0; i < wire::kMaxPeerHints; ++i) {
    chosen.push_back(all[(start + i) % all.size()]);
  }
  return chosen;
}

}  // namespace runard::mesh
