#include "enroll/office.h"

#include <fmt/format.h>
#include <algorithm>

#include "enroll/rights.h"
#include "identity/certificate.h"
#include "identity/groups.h"
#include "identity/issue.h"
#include "identity/name.h"
#include "identity/node_labels.h"
#include "identity/profile.h"
#include "identity/time_text.h"

namespace runard::enroll {
namespace {

using core::Errc;

core::Error bad(const std::string& why) {
  return core::fail(Errc::kInvalidArgument, why);
}

core::Result<void> check_order(const TokenOrder& order) {
  if (order.addresses.empty() || order.addresses.size() > kMaxTokenAddresses ||
      !std::ranges::all_of(order.addresses, [](const std::string& address) {
        return !address.empty() && address.size() <= kMaxAddressText;
      })) {
    return bad(fmt::format("a token names 1 to {} addresses", kMaxTokenAddresses));
  }
  if (order.networks.empty() || order.networks.size() > identity::kMaxNetworks) {
    return bad(fmt::format("a token names 1 to {} networks", identity::kMaxNetworks));
  }
  if (auto good = identity::check_name(order.name, "node"); !good && !order.name.empty()) {
    return good;
  }
  if (auto good = identity::checked_groups(order.groups); !good) {
    return good.error();
  }
  if (auto good = identity::checked_node_labels(order.labels); !good) {
    return good.error();
  }
  if (order.uses < 1 || order.uses > kMaxUses || (order.uses > 1 && !order.name.empty())) {
    return bad(order.name.empty() ? fmt::format("a token has 1 to {} uses", kMaxUses)
                                  : "a token for a named node has one use");
  }
  if (order.valid < std::chrono::seconds(1) || order.lifetime < std::chrono::seconds(1) ||
      order.lifetime > identity::kMaxLifetime) {
    return bad("a token and its certificates last for at least a second");
  }
  return {};
}

struct Renewing {
  const RenewalClaim& claim;
  const crypto::SigningRequest& request;
  const identity::PeerIdentity& holder;
  const identity::TrustBundle& trust;
  std::uint64_t denylist;
  const keys::CaFolder* keyed;  // what gives the networks' keys as well; null for a copy
  const std::optional<keys::AgreementRecord>& agreement;
};

core::Result<identity::Bundle> sign_again(identity::Authority& ca, const Renewing& renewing) {
  const Rights rights(ca, renewing.trust.denied(), ca.host().clock.wall(), renewing.denylist);
  const auto granted = rights.again(renewing.holder);
  if (!granted) {
    return granted.error();
  }
  const auto current = crypto::Certificate::from_der(renewing.claim.request.chain.front());
  if (!current) {
    return current.error();
  }
  if (renewing.keyed != nullptr) {
    if (auto fits =
            check_room(*renewing.keyed, renewing.agreement, granted->networks, kMaxRenewedBundle);
        !fits) {
      return fits.error();
    }
  }
  // As long as the operator ordered it; near the CA's end the certificate itself is shorter.
  const core::Duration lifetime =
      granted->lifetime > core::Duration{0}
          ? granted->lifetime
          : current->not_after() - current->not_before() - identity::kBackdate;
  return ca.sign({renewing.request, granted->name, granted->networks,
                  std::max<core::Duration>(lifetime, std::chrono::seconds(1)), false,
                  granted->groups, true, granted->labels});
}

// What a copy knows of statements may be old, so it passes none on. Which root signs while there
// are two only the CA itself knows.
core::Result<identity::Bundle> renew_by_copy(identity::Authority& ca, const Renewing& renewing) {
  if (renewing.trust.roots() != std::vector{ca.certificate()}) {
    return core::fail(
        Errc::kRenewalRefused,
        "the mesh's root is rotated, or this copy of the CA is older than it: make the "
        "copy anew after the rotation with 'runarctl ca copy'");
  }
  auto bundle = sign_again(ca, renewing);
  if (bundle) {
    bundle->statements.clear();
  }
  return bundle;
}

}  // namespace

core::Result<Token> Office::create(const TokenOrder& order) const {
  if (renews_only()) {
    return core::fail(
        Errc::kConflict,
        "this copy of the CA only renews certificates: make tokens at the issuer that "
        "has the CA itself");
  }
  if (auto good = check_order(order); !good) {
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
      return core::fail(
          Errc::kNotFound,
          fmt::format("no network \"{}\" in this mesh; 'runarctl network create' makes one",
                      network));
    }
  }
  if (auto free = check_free(order.name); !free) {
    return free.error();
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
                           order.networks, order.groups,
                           order.labels};
  if (auto added = book_.add(record, now); !added) {
    return added.error();
  }
  return token;
}

core::Result<void> Office::check_free(const std::string& name) const {
  const auto issued = identity::Authority::issued_in(ca_).read();
  if (!issued) {
    return issued.error();
  }
  const auto last = std::find_if(issued->rbegin(), issued->rend(),
                                 [&](const auto& record) { return record.name == name; });
  const std::string now = identity::time_text(host_.clock.wall());
  if (last == issued->rend() || last->not_after <= now) {
    return {};
  }
  return core::fail(Errc::kConflict,
                    fmt::format("\"{}\" is the name of node {}, whose certificate ends at {}; 'ca "
                                "sign --replace' gives it to another node",
                                name, last->node.text(), last->not_after));
}

core::Result<void> Office::remove(const TokenId& id) const {
  return book_.remove(id, host_.clock.wall());
}

core::Result<TokenRecord> Office::look_up(const TokenId& id) const {
  return book_.find(id, host_.clock.wall());
}

core::Result<std::unique_ptr<keys::CaFolder>> Office::open() const {
  return keys::CaFolder::open(host_, ca_, passphrase_);
}

core::Result<CaEnd> Office::end_of_ca() const {
  const auto root = identity::Authority::certificate_in(ca_);
  if (!root) {
    return root.error();
  }
  const core::Duration life = root->not_after() - root->not_before();
  return CaEnd{root->not_after(), host_.clock.wall() >= root->not_after() - life / kCaWarnShare};
}

bool Office::is_outdated(const crypto::Certificate& own) const {
  const auto root = identity::Authority::certificate_in(ca_);
  return !renews_only() && root && !own.issued_by(*root);
}

core::Result<void> Office::check() const {
  if (renews_only()) {
    const auto ca = open_copy();
    return ca ? core::Result<void>() : ca.error();
  }
  const auto folder = open();
  return folder ? core::Result<void>() : folder.error();
}

keys::Upkeep Office::upkeep(std::optional<std::chrono::milliseconds> key_age) const {
  if (renews_only()) {
    return {};
  }
  const auto folder = open();
  if (!folder) {
    return {{}, folder.error()};
  }
  auto result = (*folder)->networks.upkeep(key_age);
  tell_lapsed(**folder);
  return result;
}

void Office::tell_lapsed(const keys::CaFolder& folder) const {
  if (lapsed_ && !folder.networks.lapsed().empty()) {
    lapsed_(folder.networks.lapsed());
  }
}

core::Result<identity::Bundle> Office::with_keys_of(keys::CaFolder& folder,
                                                    core::Result<identity::Bundle> bundle,
                                                    const keys::NodeRequest& asked) const {
  if (!bundle) {
    return bundle;
  }
  auto whole = with_keys(folder, std::move(*bundle), asked.agreement);
  tell_lapsed(folder);
  return whole;
}

core::Result<identity::Bundle> Office::redeem(const Application& application,
                                              const identity::Denylist& heard) const {
  const auto asked = keys::NodeRequest::from_pem(application.request);
  if (!asked) {
    return asked.error();
  }
  const auto record = look_up(application.token);
  if (!record) {
    return record.error();
  }
  const auto folder = open();
  if (!folder) {
    return folder.error();
  }
  const Rights rights((*folder)->ca, heard, host_.clock.wall());
  if (auto admitted = rights.check(asked->request.public_key(), record->networks); !admitted) {
    return admitted.error();
  }
  if (auto fits = check_room(**folder, asked->agreement, record->networks, kMaxGuestBundle);
      !fits) {
    return fits.error();
  }
  const std::string wished =
      application.approved && identity::valid_name(asked->request.common_name())
          ? asked->request.common_name()
          : identity::node_id_of(asked->request.public_key()).text();
  const std::string& name = record->name.empty() ? wished : record->name;
  const identity::Order order{asked->request, name,  record->networks, record->lifetime, false,
                              record->groups, false, record->labels};
  if (auto free = (*folder)->ca.check_name(order); !free) {
    return free.error();
  }
  if (auto used = book_.use(application.token, host_.clock.wall()); !used) {
    return used.error();
  }
  auto bundle = (*folder)->ca.sign(order);
  return with_keys_of(**folder, std::move(bundle), *asked);
}

core::Result<identity::Authority> Office::open_copy() const {
  return identity::Authority::open(host_, ca_, passphrase_, identity::Authority::Purpose::kRenewal);
}

core::Result<identity::Bundle> Office::renew(const RenewalClaim& claim,
                                             const identity::TrustBundle& trust,
                                             std::uint64_t denylist) const {
  const auto asked = keys::NodeRequest::from_pem(claim.request.request);
  if (!asked) {
    return asked.error();
  }
  const auto holder = identity::verify_peer(claim.request.chain, trust, host_.clock.wall());
  if (!holder) {
    return holder.error();
  }
  if (holder->id != claim.node || identity::node_id_of(asked->request.public_key()) != claim.node) {
    return core::fail(Errc::kRenewalRefused, "another node's certificate or key");
  }
  Renewing renewing{claim, asked->request, *holder, trust, denylist, nullptr, asked->agreement};
  if (renews_only()) {
    auto ca = open_copy();
    return ca ? renew_by_copy(*ca, renewing) : ca.error();
  }
  const auto folder = open();
  if (!folder) {
    return folder.error();
  }
  renewing.keyed = folder->get();
  return with_keys_of(**folder, sign_again((*folder)->ca, renewing), *asked);
}

}  // namespace runard::enroll
