// MeshNode: the half of a node that meets other nodes: identity, transport, discovery and
// membership, wired to the local half.
//
// The transport shares the control strand's thread in this version, so all of it is control strand
// only, but for the handlers that PeerLinks gives to the registry. Life: make() opens the socket;
// start() begins to dial and announce; drain() and leave() say goodbye; close() ends every link
// while the local half still lives; then it is destroyed, after the local half.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

#include "config/config.h"
#include "discovery/multicast.h"
#include "identity/clock_guard.h"
#include "identity/node_identity.h"
#include "identity/state_dir.h"
#include "keys/keystore.h"
#include "mesh/mesh.h"
#include "node/folder_watch.h"
#include "node/inbound_events.h"
#include "node/inbound_guard.h"
#include "node/issuer.h"
#include "node/key_keeper.h"
#include "node/local_node.h"
#include "node/mesh_keys.h"
#include "node/network_map.h"
#include "node/peer_client.h"
#include "node/peer_links.h"
#include "node/renewal.h"
#include "node/statement_book.h"
#include "system/remote_services.h"
#include "transport/endpoint.h"

namespace runard::node {

class MeshNode final : private mesh::Port,
                       private transport::EndpointEvents,
                       private discovery::Sightings {
 public:
  // What outlives a start of the node; all of it outlives the MeshNode.
  struct Lasting {
    identity::StateDir& state;
    keys::Keystore& keystore;
    std::uint64_t epoch = 0;
    const crypto::SecretBytes& ca_passphrase;  // of an issuer; empty: none
    bool memory_locked = false;                // that of keys, against swapping
  };
  // Errors of NodeIdentity::load, NetworkMap::make and Endpoint::open. `local` outlives close().
  static core::Result<std::unique_ptr<MeshNode>> make(const Context& context,
                                                      const config::Config& config,
                                                      const Lasting& lasting, LocalNode& local);
  ~MeshNode() override;

  core::Result<void> start();
  void drain();
  // `left` comes when the peers have heard it, at most half a second later.
  void leave(core::Task left);
  void close();
  // New links use the identity and the statements that are in the state directory now; on an error
  // all stays as it was.
  core::Result<void> reload_identity();
  // LocalNode::gate() has new rules, and its private fields maybe new labels: what peers see, are
  // heard in and may read is by these from now on.
  void rights_changed();

 private:
  struct Self {
    identity::NodeIdentity identity;
    NetworkMap networks;
    identity::StatementStore statements;
  };
  MeshNode(const Context& context, const config::Config& config, const Lasting& lasting,
           LocalNode& local, Self self);
  core::Result<void> open(const config::Quic& quic,
                          const transport::ResetSecret::Bytes& reset_secret);
  core::Result<std::shared_ptr<const transport::TlsContext>> make_tls();
  transport::PeerVerifier make_verifier();
  core::Result<void> start_multicast(const config::Multicast& multicast);
  void rearm();
  void know_names();
  void know_self();
  void wait_until_left(core::Task left);
  void add_status(boost::json::object& status) const;

  // mesh_identity.cc
  core::Result<void> open_issuer(const Lasting& lasting);
  void spread(const std::vector<identity::Statement>& statements);
  core::Result<std::string> own_request() const;
  void took_certificate(const identity::NodeIdentity& old);
  void start_renewal();
  void follow_root();
  std::vector<core::NodeId> issuers() const;
  void ask_issuer(const core::NodeId& issuer, core::Bytes request, RenewalHooks::Granted granted);
  void relink(core::Duration pause);

  // What an operator says here to another node (mesh_control.cc).
  void take_control();
  void control_service(const boost::json::object& params, admin::ControlAnswer answer);

  // Trust (mesh_trust.cc).
  void heed_statements();
  void on_statement(const identity::Statement& statement);
  void watch_state();
  void heed_keys();
  void statement_written(const std::string& file);
  core::Result<void> apply_trust();
  void tell_own_standing() const;
  void mind();
  void write_profiles();
  boost::json::object trust_status(const transport::Stats& stats) const;
  std::vector<std::string> names_of(const std::vector<core::NetworkId>& networks) const;

  void forget_link(transport::LinkId link);
  void tell_kept(const core::NodeId& peer, const std::vector<envelope::KeyId>& ids);
  core::Result<void> heard_kept(transport::LinkId link, core::ByteView body);

  // mesh::Port
  bool send_control(mesh::LinkId link, wire::SyncType type, core::Bytes body) override;
  void close(mesh::LinkId link, const core::Error& reason) override;
  void dial(mesh::DialId dial, const std::vector<std::string>& addresses,
            const std::optional<core::NodeId>& expected) override;
  void attach(const core::NodeId& node, mesh::LinkId link) override;
  void detach(const core::NodeId& node) override;
  void replace(registry::NodeRows rows) override;
  void drop(const core::NodeId& node) override;
  bool show(const core::NodeId& peer, const core::NetworkId& network,
            wire::ServiceEntry& service) const override;
  void news(mesh::PeerNews what, const core::NodeId& node) override;
  void keys_held(const core::NodeId& peer, const std::vector<wire::KeyHeld>& held) override;

  // transport::EndpointEvents
  void link_up(transport::LinkId link, const transport::PeerInfo& peer,
               std::shared_ptr<transport::RemoteNode> remote) override;
  void control(transport::LinkId link, std::uint64_t type, core::ByteView body) override;
  void link_down(transport::LinkId link, const core::Error& why) override;
  void dial_done(transport::DialId dial, const core::Result<transport::LinkId>& outcome) override;

  // discovery::Sightings
  void seen(const discovery::Sighting& sighting) override;
  void gone(const core::NodeId& node) override;

  const Context context_;
  const config::Config& config_;
  identity::Disk& disk_;
  const std::filesystem::path state_dir_;
  const keys::Keystore& keystore_;
  const bool memory_locked_;
  const core::Log log_;
  LocalNode& local_;
  identity::NodeIdentity identity_;
  StatementBook book_;
  identity::ClockGuard clock_guard_;
  const NetworkMap networks_;
  const MeshNetworkNames mesh_names_;
  const std::uint64_t epoch_;
  keys::Directory key_directory_;
  keys::KeyRing key_ring_;
  KeyKeeper keeper_;
  MeshKeys keys_;
  system::PastClient past_;
  PeerLinks peers_;
  PeerClient peer_client_;
  InboundGuard guard_;
  InboundEvents inbound_;
  std::unique_ptr<Issuer> issuer_;  // null: this node signs nothing
  std::unique_ptr<transport::Endpoint> endpoint_;
  // Made since this node got its certificate; links keep those that they use alive.
  std::set<const transport::TlsContext*> tls_;
  const transport::TlsContext* newest_tls_ = nullptr;  // of them
  mesh::Mesh mesh_;
  discovery::Multicast multicast_;
  struct Link {
    std::shared_ptr<transport::RemoteNode> remote;
    std::uint64_t epoch = 0;
    std::string address;
    const transport::TlsContext* tls = nullptr;  // with which this node proved itself
    core::WallTime not_after{};                  // of the peer's certificate
    bool issuer = false;                         // as it says
  };
  std::unordered_map<transport::LinkId, Link> links_;
  struct Known {
    std::string name;
    std::vector<std::string> networks;  // in common, by this node's names
    std::uint64_t run = 0;
    core::WallTime not_after{};  // of the certificate that it showed last
  };
  std::unordered_map<core::NodeId, Known> known_;  // nodes that were linked
  system::RemoteServices remote_services_;
  std::unordered_map<transport::DialId, mesh::DialId> dials_;
  std::unique_ptr<Renewal> renewal_;
  std::vector<std::unique_ptr<FolderWatch>> watches_;  // what runarctl puts into the state
  core::TimerId timer_ = 0;
  core::TimerId relink_timer_ = 0;
  core::TimerId minder_ = 0;
  bool writing_ = false;               // profiles
  boost::asio::thread_pool files_{1};  // writes them; joined first
};

}  // namespace runard::node
