// This node's certificate while it runs: what TLS is made of, renewal, and links that change over
// to a new certificate before the old ones end.
#include "keys/node_request.h"
#include "node/mesh_node.h"

namespace runard::node {
namespace json = boost::json;

namespace {

constexpr std::size_t kRelinksAtOnce = 64;
constexpr core::Duration kFirstRelinkPause = std::chrono::seconds(1);
constexpr core::Duration kLongestRelinkPause = std::chrono::minutes(1);

}  // namespace

// Who asks this node for itself uses the one name or the other.
void MeshNode::know_names() {
  local_.registry().set_other_name(identity_.name);
  if (!identity_.name.empty() && identity_.name != config_.node.name) {
    log_.warn("this node has two names: its peers use the certificate's",
              {core::field("certificate", identity_.name),
               core::field("configuration", config_.node.name),
               core::field("do", "leave node.name out, or have a certificate with that name")});
  }
}

core::Result<void> MeshNode::open_issuer(const Lasting& lasting) {
  if (!config_.issuer) {
    return {};
  }
  Issuer::Settings settings{
      config_.issuer->ca, crypto::SecretBytes::copy_of(lasting.ca_passphrase.view()), {}};
  const auto& age = config_.issuer->rotate_network_keys;
  settings.key_age =
      age ? std::optional(std::chrono::floor<std::chrono::milliseconds>(*age)) : std::nullopt;
  if (config_.transport) {
    for (const config::HostPort& address : config_.transport->quic.advertise) {
      settings.addresses.push_back(address.text());
    }
  }
  Issuer::Hooks hooks;
  hooks.trust = [this] { return book_.store().trust(); };
  hooks.denylist = [this]() -> std::uint64_t {
    const auto* newest = book_.store().find({identity::StatementKind::kDenylist, {}});
    return newest == nullptr ? 0 : newest->generation();
  };
  hooks.spread = [this](const std::vector<identity::Statement>& statements) { spread(statements); };
  issuer_ = std::make_unique<Issuer>(context_, std::move(settings), std::move(hooks));
  if (auto able = issuer_->check(); !able) {
    return able.error();
  }
  for (const std::string& network : local_.registry().networks()) {
    local_.registry().put_system(issuer_->row(network), *issuer_);
  }
  local_.on_control(
      [this](std::string_view method, const json::object& params, admin::ControlAnswer& answer) {
        return issuer_->control(method, params, answer);
      });
  return {};
}

// What was signed here is told to the mesh from here.
void MeshNode::spread(const std::vector<identity::Statement>& statements) {
  for (const identity::Statement& statement : statements) {
    if (!book_.takes(statement)) {
      continue;
    }
    if (const auto offered = book_.store().offer(statement, context_.clock.wall()); !offered) {
      log_.warn("a statement that was signed here is not taken here",
                {core::field("why", core::describe(offered.error()))});
    }
  }
}

void MeshNode::took_certificate(const identity::NodeIdentity& old) {
  if (renewal_) {
    renewal_->changed(identity_);
    follow_root();
  }
  if (old.tls->certificate == identity_.tls->certificate) {
    return;
  }
  std::erase_if(tls_, [this](const transport::TlsContext* made) { return made != newest_tls_; });
  relink(kFirstRelinkPause);
}

// Make before break: a link to the same node that is dialled later takes the place of the earlier
// one, which ends when all that is on its way is done. A node that can't be dialled from here keeps
// its link until the old certificate ends.
void MeshNode::relink(core::Duration pause) {
  context_.control.cancel(relink_timer_);
  relink_timer_ = 0;
  std::set<core::NodeId> done;
  std::map<core::NodeId, std::string> old;
  for (const auto& [id, link] : links_) {
    if (tls_.contains(link.tls)) {
      done.insert(link.remote->node());
    } else {
      old.emplace(link.remote->node(), link.address);
    }
  }
  std::erase_if(old, [&](const auto& entry) { return done.contains(entry.first); });
  std::size_t dialled = 0;
  for (const auto& [node, address] : old) {
    if (dialled++ < kRelinksAtOnce) {
      endpoint_->dial({{address}, node});
    }
  }
  if (!old.empty()) {
    const bool more = dialled > kRelinksAtOnce;
    relink_timer_ = context_.control.after(pause, [this, pause, more] {
      relink_timer_ = 0;
      relink(more ? pause : std::min(2 * pause, kLongestRelinkPause));
    });
  }
}

void MeshNode::start_renewal() {
  RenewalHooks hooks;
  hooks.issuers = [this] { return issuers(); };
  hooks.request = [this] { return own_request(); };
  hooks.ask = [this](const core::NodeId& issuer, core::Bytes request,
                     RenewalHooks::Granted granted) {
    ask_issuer(issuer, std::move(request), std::move(granted));
  };
  hooks.reload = [this] { return reload_identity(); };
  renewal_ = std::make_unique<Renewal>(context_, state_dir_, true, std::move(hooks), identity_);
  renewal_->start();
  follow_root();
}

// An issuer is the first to come over to the next root.
void MeshNode::follow_root() {
  if (issuer_ && issuer_->is_outdated(identity_.tls->certificate)) {
    renewal_->hurry();
  }
}

// With the newest agreement key, so that a renewal carries a change of it to the CA.
core::Result<std::string> MeshNode::own_request() const {
  return keys::make_request(identity_.tls->key, identity_.name, keystore_.entries());
}

std::vector<core::NodeId> MeshNode::issuers() const {
  std::set<core::NodeId> linked;
  for (const auto& [id, link] : links_) {
    if (link.issuer) {
      linked.insert(link.remote->node());
    }
  }
  if (issuer_) {
    linked.insert(identity_.id);
  }
  return {linked.begin(), linked.end()};
}

void MeshNode::ask_issuer(const core::NodeId& issuer, core::Bytes request,
                          RenewalHooks::Granted granted) {
  if (issuer == identity_.id) {
    auto asked = enroll::decode_renewal(request);
    if (!asked) {
      return granted(asked.error());
    }
    return issuer_->renew({issuer, std::move(*asked)}, std::move(granted));
  }
  const std::vector<std::string>& common = known_[issuer].networks;
  if (common.empty()) {
    return granted(core::fail(core::Errc::kNoCommonNetwork, issuer.text()));
  }
  peer_client_.ask(peers_.handler(issuer),
                   {issuer, common.front(), std::string(Issuer::kRenewPath), std::move(request),
                    Renewal::kPatience},
                   [granted = std::move(granted)](const core::Result<core::Bytes>& answer) mutable {
                     granted(answer ? enroll::decode_granted(*answer)
                                    : core::Result<std::string>(answer.error()));
                   });
}

}  // namespace runard::node
