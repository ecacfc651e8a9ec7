#include "node/mesh_node.h"

#include <algorithm>

#include "admin/render.h"
#include "discovery/static_peers.h"
#include "identity/certificate.h"
#include "keys/node_keys.h"

namespace runard::node {
namespace json = boost::json;

namespace {

transport::ResetSecret::Bytes secret_bytes(const crypto::SecretBytes& secret) {
  transport::ResetSecret::Bytes bytes{};
  std::copy_n(secret.view().begin(), std::min(bytes.size(), secret.view().size()), bytes.begin());
  return bytes;
}

std::vector<std::string> texts(const std::vector<config::HostPort>& addresses) {
  std::vector<std::string> all;
  for (const config::HostPort& address : addresses) {
    all.push_back(address.text());
  }
  return all;
}

json::string peer_state_text(mesh::PeerState state) {
  constexpr const char* kTexts[] = {"syncing", "up", "draining", "lost"};
  return kTexts[static_cast<std::size_t>(state)];
}

json::object private_fields_status(const sealing::Stats& stats) {
  return {{"sealed", stats.sealed},     {"compact", stats.compact},   {"opened", stats.opened},
          {"redacted", stats.redacted}, {"withheld", stats.withheld}, {"left_out", stats.left_out},
          {"refused", stats.refused}};
}

std::optional<std::chrono::milliseconds> agreement_age(const config::Config& config) {
  const auto& age = config.identity.rotate_agreement_key;
  return age ? std::optional(std::chrono::floor<std::chrono::milliseconds>(*age)) : std::nullopt;
}

core::Result<identity::NodeIdentity> load_identity(const std::filesystem::path& state_dir,
                                                   const keys::Keystore& keystore,
                                                   const core::Clock& clock) {
  auto key = keys::identity_key(keystore);
  if (!key) {
    return key.error();
  }
  return identity::NodeIdentity::load(state_dir, std::move(*key), clock.wall());
}

mesh::Settings mesh_settings(const config::Config& config) {
  mesh::Settings settings;
  settings.peers = config.limits.peers;
  return settings;
}

}  // namespace

MeshNode::MeshNode(const Context& context, const config::Config& config, const Lasting& lasting,
                   LocalNode& local, Self self)
    : context_(context),
      config_(config),
      disk_(lasting.state.disk()),
      state_dir_(lasting.state.path()),
      keystore_(lasting.keystore),
      memory_locked_(lasting.memory_locked),
      log_(context.log.component("mesh")),
      local_(local),
      identity_(std::move(self.identity)),
      book_(std::move(self.statements), context.clock, log_),
      clock_guard_(lasting.state.disk(), lasting.state.path()),
      networks_(std::move(self.networks)),
      mesh_names_(networks_),
      epoch_(lasting.epoch),
      keeper_(context, {lasting.keystore, lasting.state}, identity_.id, {key_ring_, key_directory_},
              agreement_age(config)),
      keys_({identity_.id,
             std::shared_ptr<const crypto::PrivateKey>(identity_.tls, &identity_.tls->key)},
            {context.clock, context.random, context.log.component("sealing"), key_directory_,
             key_ring_, local.gate()},
            networks_, local.private_fields()),
      past_(context.control, context.clock, config.limits.payload),
      peers_(networks_, past_, local.gate()),
      peer_client_(context.control, context.clock),
      guard_(local.calls(), local.gate()),
      inbound_(
          {local.broker(), local.gate(), &keys_.codec()}, context.control,
          [this](transport::LinkId link, std::uint64_t lane) { endpoint_->resume(link, lane); }),
      mesh_({identity_.id, epoch_}, mesh_settings(config), mesh_names_, *this, context.random,
            log_),
      multicast_(context.io.get_executor(), context.clock, context.random, *this,
                 context.log.component("discovery")),
      remote_services_(local.events(), log_) {
  heed_statements();
  heed_keys();
  take_control();
  keys_.codec().on_kept([this](const core::NodeId& peer, std::span<const envelope::KeyId> ids) {
    context_.control.post(
        [this, peer, kept = std::vector<envelope::KeyId>(ids.begin(), ids.end())] {
          if (endpoint_) {
            tell_kept(peer, kept);
          }
        });
  });
}

MeshNode::~MeshNode() {
  files_.join();
  context_.control.cancel(timer_);
  context_.control.cancel(relink_timer_);
  context_.control.cancel(minder_);
}

core::Result<std::unique_ptr<MeshNode>> MeshNode::make(const Context& context,
                                                       const config::Config& config,
                                                       const Lasting& lasting, LocalNode& local) {
  auto identity = load_identity(lasting.state.path(), lasting.keystore, context.clock);
  if (!identity) {
    return identity.error();
  }
  auto networks = NetworkMap::make(identity->networks, config.networks.join);
  if (!networks) {
    return networks.error();
  }
  auto statements =
      identity::StatementStore::open(lasting.state.disk(), lasting.state.path(),
                                     identity->tls->trust.roots(), context.clock.wall());
  if (!statements) {
    return statements.error();
  }
  const auto secret = lasting.state.reset_secret(context.random);
  if (!secret) {
    return secret.error();
  }
  std::unique_ptr<MeshNode> node(
      new MeshNode(context, config, lasting, local,
                   Self{std::move(*identity), std::move(*networks), std::move(*statements)}));
  const config::Quic quic = config.transport ? config.transport->quic : config::Quic{};
  if (auto held = node->keeper_.start(node->book_.store()); !held) {
    return held.error();
  }
  node->keeper_.serve(local.registry(), node->networks_);
  if (auto opened = node->open_issuer(lasting); !opened) {
    return opened.error();
  }
  if (auto opened = node->open(quic, secret_bytes(*secret)); !opened) {
    return opened.error();
  }
  return node;
}

core::Result<std::shared_ptr<const transport::TlsContext>> MeshNode::make_tls() {
  const std::shared_ptr<const identity::TlsMaterial> material = identity_.tls;
  std::vector<X509*> intermediates;
  for (const crypto::Certificate& certificate : material->intermediates) {
    intermediates.push_back(certificate.native());
  }
  std::vector<X509*> roots;  // guests know a root by its hash only
  const identity::TrustBundle trust = book_.store().trust();
  for (const crypto::Certificate& root : trust.roots()) {
    if (issuer_) {
      roots.push_back(root.native());
    }
  }
  const transport::TlsMaterial given{material->key.native(), material->certificate.native(),
                                     intermediates, roots};
  auto made = transport::TlsContext::create(given, make_verifier());
  if (made) {
    newest_tls_ = made->get();
    tls_.insert(newest_tls_);
  }
  return made;
}

core::Result<void> MeshNode::open(const config::Quic& quic,
                                  const transport::ResetSecret::Bytes& reset_secret) {
  const auto tls = make_tls();
  if (!tls) {
    return tls.error();
  }
  const auto listen = transport::Address::parse(quic.listen.text());
  if (!listen) {
    return core::fail(core::Errc::kAddressUnusable, "transport.quic.listen: " + quic.listen.text());
  }
  transport::EndpointOptions options;
  options.self = {identity_.id,          identity_.name,  epoch_,
                  texts(quic.advertise), networks_.ids(), issuer_ ? wire::kFeatureIssuer : 0};
  options.limits.payload = config_.limits.payload;
  options.limits.links = config_.limits.peers;
  options.limits.shared_memory = config_.limits.memory;
  options.tls = *tls;
  options.reset_secret = reset_secret;
  options.listen = *listen;
  auto endpoint = transport::Endpoint::open(
      context_.io, std::move(options),
      {context_.clock, context_.random, networks_, guard_, inbound_, *this,
       context_.log.component("transport"), issuer_.get(), &keys_.codec()});
  if (!endpoint) {
    return endpoint.error();
  }
  endpoint_ = std::move(*endpoint);
  if (issuer_) {
    issuer_->attach(endpoint_.get());
  }
  tell_own_standing();
  mind();
  local_.registry().set_self(identity_.id, epoch_, texts(quic.advertise));
  know_self();
  know_names();
  local_.set_recipients(&keys_.recipients(), &keys_.codec());
  local_.set_storage(&keeper_.storage());
  local_.broker().set_codec(&keys_.codec());
  local_.broker().set_peers(&peers_);
  local_.on_status([this](json::object& status) { add_status(status); });
  local_.registry().on_local_change([this](const registry::NodeRows& rows) {
    context_.control.post([this, rows] {
      if (endpoint_) {
        mesh_.local_changed(rows, context_.clock.now());
        rearm();
      }
    });
  });
  return {};
}

core::Result<void> MeshNode::start() {
  start_renewal();
  mesh_.local_changed(local_.registry().local(), context_.clock.now());
  if (config_.discovery) {
    if (auto told = discovery::tell_static_peers(texts(config_.discovery->peers), *this); !told) {
      return told;
    }
    if (config_.discovery->multicast) {
      if (auto started = start_multicast(*config_.discovery->multicast); !started) {
        log_.warn("multicast discovery does not work, peers are found by discovery.peers only",
                  {core::field("why", core::describe(started.error()))});
      }
    }
  }
  watch_state();
  rearm();
  log_.info("listening", {core::field("address", endpoint_->local().text()),
                          core::field("id", identity_.id.text())});
  return {};
}

core::Result<void> MeshNode::start_multicast(const config::Multicast& multicast) {
  discovery::Multicast::Settings settings;
  settings.group = multicast.group.text();
  settings.interfaces = multicast.interfaces.value_or(std::vector<std::string>{});
  settings.ttl = static_cast<int>(multicast.ttl);
  settings.interval = multicast.interval;
  discovery::Multicast::Self self;
  self.node = identity_.id;
  self.port = endpoint_->local().port();
  self.all_interfaces = endpoint_->local().is_wildcard();
  for (const config::HostPort& told : config_.transport->quic.advertise) {
    if (const auto address = wire::Address::parse(told.text())) {
      self.addresses.push_back(*address);
    }
  }
  return multicast_.start(settings, self);
}

void MeshNode::rearm() {
  context_.control.cancel(timer_);
  timer_ = 0;
  const core::TimePoint when = mesh_.expiry();
  if (when == core::kNever) {
    return;
  }
  const core::Duration wait = std::max(core::Duration{0}, when - context_.clock.now());
  timer_ = context_.control.after(wait, [this] {
    timer_ = 0;
    mesh_.tick(context_.clock.now());
    rearm();
  });
}

void MeshNode::drain() {
  context_.control.cancel(relink_timer_);
  if (renewal_) {
    renewal_->stop();
  }
  multicast_.stop();
  local_.registry().drain();
  mesh_.drain(context_.clock.now());
  rearm();
}

void MeshNode::leave(core::Task left) {
  mesh_.leave(context_.clock.now());
  rearm();
  wait_until_left(std::move(left));
}

void MeshNode::wait_until_left(core::Task left) {
  if (mesh_.left()) {
    left();
    return;
  }
  context_.control.after(std::chrono::milliseconds(5), [this, left = std::move(left)]() mutable {
    wait_until_left(std::move(left));
  });
}

void MeshNode::close() {
  multicast_.stop();
  write_profiles();
  watches_.clear();
  local_.broker().set_peers(nullptr);
  local_.broker().set_codec(nullptr);
  local_.set_recipients(nullptr, nullptr);
  links_.clear();
  endpoint_.reset();
}

core::Result<void> MeshNode::reload_identity() {
  auto identity = load_identity(state_dir_, keystore_, context_.clock);
  if (!identity) {
    return identity.error();
  }
  if (identity->id != identity_.id) {
    return core::fail(core::Errc::kCertificateMismatch,
                      "the node's key was replaced: that takes a restart");
  }
  if (auto ok = book_.store().install(identity->tls->trust.roots(), context_.clock.wall()); !ok) {
    return ok;
  }
  if (const auto read = book_.store().reload(context_.clock.wall()); !read) {
    return read.error();
  }
  std::swap(identity_, *identity);
  auto applied = apply_trust();
  if (!applied) {
    std::swap(identity_, *identity);
  }
  know_self();
  if (applied) {
    keeper_.take_delegations();
    keys_.codec().keys_changed();
    took_certificate(*identity);
  }
  return applied;
}

void MeshNode::know_self() {
  local_.gate().set_self(
      {identity_.id, identity_.groups, names_of(networks_.ids()), identity_.labels});
}

void MeshNode::rights_changed() {
  keys_.recipients().set_labels(*local_.private_fields().labels());
  mesh_.rights_changed(context_.clock.now());
  rearm();
}

void MeshNode::add_status(json::object& status) const {
  status["mode"] = "mesh";
  json::array peers;
  std::size_t linked = 0;
  for (const mesh::PeerStatus& peer : mesh_.peers()) {
    linked += peer.links > 0 ? 1 : 0;
    const auto found = known_.find(peer.node);
    const Known known = found == known_.end() ? Known{} : found->second;
    peers.push_back({{"node", peer.node.text()},
                     {"name", known.name},
                     {"address", peer.address},
                     {"state", peer_state_text(peer.state)},
                     {"trust", peer.trust},
                     {"certificate_until", admin::time_value(known.not_after)},
                     {"linked", peer.links > 0}});
  }
  json::array unreached;
  for (const mesh::AddressBook::Status& target : mesh_.targets()) {
    if (!target.linked && !target.self) {
      unreached.push_back(
          {{"addresses", json::value_from(target.addresses)},
           {"failures", target.failures},
           {"why", target.last_error ? core::describe(*target.last_error) : std::string()}});
    }
  }
  status["private_fields"] = private_fields_status(keys_.stats());
  status["security"] = {{"kek", keys::kek_text(keystore_.kek().kind)},
                        {"keystore_generation", keystore_.generation()},
                        {"memory_locked", memory_locked_}};
  const transport::Stats stats = endpoint_ ? endpoint_->stats() : transport::Stats{};
  status["trust"] = trust_status(stats);
  status["mesh"] = {{"listens", endpoint_ ? endpoint_->local().text() : std::string()},
                    {"linked", linked},
                    {"unreached", unreached.size()},
                    {"peers", std::move(peers)},
                    {"targets", std::move(unreached)},
                    {"certificate_until", admin::time_value(identity_.not_after)},
                    {"certificate", renewal_ ? json::value(renewal_->status()) : nullptr},
                    {"issuer", issuer_ ? json::value(issuer_->status()) : nullptr},
                    {"guests", stats.guests},
                    {"guests_refused", stats.guests_refused},
                    {"handshakes", stats.handshakes},
                    {"handshakes_failed", stats.handshakes_failed},
                    {"strangers_dropped", stats.initials_dropped},
                    {"resets_received", stats.resets_received},
                    {"calls_sent", stats.calls_sent},
                    {"calls_received", stats.calls_received},
                    {"multicast_heard", multicast_.stats().received}};
}

}  // namespace runard::node
