#include "enroll/office.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "identity/issue.h"
#include "identity/name.h"
#include "identity/profile.h"

namespace runard::enroll {
namespace {

using core::Errc;

// Another process works in the CA's folder for a moment only. A lock file tells nobody when it is
// free, so it is tried again until the time is up.
template <class F>
auto patiently(F work) {
  constexpr int kPauseMs = 20;
  auto result = work();
  for (int tries = 0; !result && result.error().code == Errc::kStateLocked &&
                      tries < Office::kPatience / std::chrono::milliseconds(kPauseMs);
       ++tries) {
    poll(nullptr, 0, kPauseMs);
    result = work();
  }
  return result;
}

core::Error bad(const std::string& why) {
  return core::fail(Errc::kInvalidArgument, why);
}

core::Result<void> check(const TokenOrder& order) {
  if (order.addresses.empty() || order.addresses.size() > kMaxTokenAddresses ||
      !std::ranges::all_of(order.addresses, [](const std::string& address) {
        return !address.empty() && address.size() <= kMaxAddressText;
      })) {
    return bad(fmt::format("a token names 1 to {} addresses", kMaxTokenAddresses));
  }
  if (order.networks.empty() || order.networks.size() > identity::kMaxNetworks) {
    return bad(fmt::format("a token names 1 to {} networks", identity::kMaxNetworks));
  }
  if (!order.name.empty() && !identity::valid_name(order.name)) {
    return bad("not a name for a node");
  }
  if (!std::ranges::all_of(order.groups, identity::valid_name)) {
    return bad("not a name for a group");
  }
  if (order.uses < 1 || order.uses > kMaxUses || (order.uses > 1 && !order.name.empty())) {
    return bad(order.name.empty() ? fmt::format("a token has 1 to {} uses", kMaxUses)
                                  : "a token for a named node has one use");
  }
  if (order.valid < std::chrono::seconds(1) || order.lifetime < std::chrono::seconds(1) ||
      order.lifetime > identity::kMaxLifetime) {
    return bad("a time of at least a second");
  }
  return {};
}

// The grant that this CA made last for the node.
std::optional<identity::IssueRecord> last_grant(const std::vector<identity::IssueRecord>& log,
                                                const core::NodeId& node) {
  const auto at = std::find_if(log.rbegin(), log.rend(), [&](const identity::IssueRecord& record) {
    return record.node == node;
  });
  return at == log.rend() ? std::nullopt : std::optional(*at);
}

}  // namespace

core::Result<Token> Office::create(const TokenOrder& order) const {
  if (auto good = check(order); !good) {
    return good.error();
  }
  const auto root = identity::Authority::certificate_in(ca_);
  if (!root) {
    return root.error();
  }
  const auto key = root->public_key();
  const auto known = identity::Authority::networks_in(ca_);
  if (!key || !known) {
    return key ? known.error() : key.error();
  }
  for (const std::string& network : order.networks) {
    if (std::ranges::find(*known, network, &identity::NetworkDescriptor::name) == known->end()) {
      return core::fail(Errc::kNotFound, fmt::format("no network \"{}\" in this mesh", network));
    }
  }
  Token token = Token::create(host_.random);
  token.addresses = order.addresses;
  token.root = root_pin(*key);
  const core::WallTime now = host_.clock.wall();
  token.expires = std::chrono::time_point_cast<std::chrono::milliseconds>(now + order.valid);
  const TokenRecord record{token.id,       crypto::sha256(token.secret.view()),
                           token.expires,  order.uses,
                           order.uses,     order.approve,
                           order.lifetime, order.name,
                           order.networks, order.groups};
  if (auto added = patiently([&] { return book_.add(record, now); }); !added) {
    return added.error();
  }
  return token;
}

core::Result<void> Office::remove(const TokenId& id) const {
  return patiently([&] { return book_.remove(id, host_.clock.wall()); });
}

core::Result<TokenRecord> Office::look_up(const TokenId& id) const {
  return book_.find(id, host_.clock.wall());
}

core::Result<identity::Bundle> Office::sign(const identity::Order& order) const {
  return patiently([&]() -> core::Result<identity::Bundle> {
    auto ca = identity::Authority::open(host_, ca_);
    return ca ? ca->sign(order) : ca.error();
  });
}

core::Result<identity::Bundle> Office::redeem(const TokenId& id, const std::string& request,
                                              bool approved) const {
  const auto asked = crypto::SigningRequest::from_pem(request);
  if (!asked) {
    return asked.error();
  }
  const auto token = patiently([&] { return book_.use(id, host_.clock.wall()); });
  if (!token) {
    return token.error();
  }
  const std::string wished = approved && identity::valid_name(asked->common_name())
                                 ? asked->common_name()
                                 : identity::node_id_of(asked->public_key()).text();
  const std::string& name = token->name.empty() ? wished : token->name;
  return sign({*asked, name, token->networks, token->lifetime, false, token->groups});
}

core::Result<identity::Bundle> Office::renew(const RenewalClaim& claim,
                                             const identity::TrustBundle& trust) const {
  const core::WallTime now = host_.clock.wall();
  const auto asked = crypto::SigningRequest::from_pem(claim.request.request);
  if (!asked) {
    return asked.error();
  }
  const auto holder = identity::verify_peer(claim.request.chain, trust, now);
  if (!holder) {
    return holder.error();
  }
  if (holder->id != claim.node || identity::node_id_of(asked->public_key()) != claim.node) {
    return core::fail(kRenewalRefused, "another node's certificate or key");
  }
  const auto current = crypto::Certificate::from_der(claim.request.chain.front());
  const auto log = identity::Authority::issued_in(ca_).read();
  const auto known = identity::Authority::networks_in(ca_);
  if (!current || !log || !known) {
    return !current ? current.error() : !log ? log.error() : known.error();
  }
  // Of what the certificate says, only networks that this CA knows and has not taken away.
  const auto granted = last_grant(*log, claim.node);
  std::vector<std::string> networks;
  for (const identity::NetworkDescriptor& network : *known) {
    const bool member = std::ranges::find(holder->networks, network.id) != holder->networks.end();
    const bool stays =
        !granted || std::ranges::find(granted->networks, network.name) != granted->networks.end();
    if (member && stays) {
      networks.push_back(network.name);
    }
  }
  if (networks.empty()) {
    return core::fail(kRenewalRefused, "no network is left to it");
  }
  std::vector<std::string> groups = holder->groups;
  std::erase_if(groups, [&](const std::string& group) {
    return granted && std::ranges::find(granted->groups, group) == granted->groups.end();
  });
  // As long as the operator ordered it at first.
  const core::Duration lifetime =
      current->not_after() - current->not_before() - identity::kBackdate;
  return sign({*asked, granted ? granted->name : holder->name, networks,
               std::max<core::Duration>(lifetime, std::chrono::seconds(1)), false,
               std::move(groups)});
}

}  // namespace runard::enroll
