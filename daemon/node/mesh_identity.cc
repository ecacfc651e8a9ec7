// This node's certificate while it runs: what TLS is made of, renewal, and links that change over
// to a new certificate before the old ones end.
#include "identity/certificate.h"
#include "node/mesh_node.h"

namespace runard::node {
namespace {

constexpr std::size_t kRelinksAtOnce = 64;
constexpr core::Duration kFirstRelinkPause = std::chrono::seconds(1);
constexpr core::Duration kLongestRelinkPause = std::chrono::minutes(1);

}  // namespace

void MeshNode::took_certificate(const identity::NodeIdentity& old) {
  if (renewal_) {
    renewal_->changed(identity_);
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
  renewal_client_ = std::make_unique<RenewalClient>(context_.control, context_.clock);
  RenewalHooks hooks;
  hooks.issuers = [this] { return issuers(); };
  hooks.ask = [this](const core::NodeId& issuer, core::Bytes request,
                     RenewalHooks::Granted granted) {
    ask_issuer(issuer, std::move(request), std::move(granted));
  };
  hooks.reload = [this] { return reload_identity(); };
  renewal_ = std::make_unique<Renewal>(context_, state_dir_, true, std::move(hooks), identity_);
  renewal_->start();
}

std::vector<core::NodeId> MeshNode::issuers() const {
  std::set<core::NodeId> linked;
  for (const auto& [id, link] : links_) {
    if (issuers_.contains(link.remote->node())) {
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
  renewal_client_->ask(peers_.handler(issuer), issuer, common.front(), std::move(request),
                       std::move(granted));
}

}  // namespace runard::node
