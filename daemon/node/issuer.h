// Issuer: a node that signs for the mesh (`issuer:` in the YAML): enrolments of guests, renewals of
// peers, and what an operator asks of it over the control socket.
//
// The CA's folder is worked on by one helper thread; all else is the control strand, which is the
// I/O thread too. Life: made before the endpoint, attached to it, destroyed after it; as a handler
// it is in the registry, so it lives as long as the mesh half.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>

#include "core/token_bucket.h"
#include "enroll/desk.h"
#include "enroll/office.h"
#include "node/local_node.h"
#include "transport/endpoint.h"

namespace runard::node {

class Issuer final : public transport::GuestEvents, public rpc::Handler, private enroll::DeskPort {
 public:
  static constexpr std::string_view kPath = "$issuer";
  static constexpr std::string_view kRenewPath = "$issuer/renew";

  struct Settings {
    std::filesystem::path ca;
    crypto::SecretBytes passphrase;      // of the CA's key; empty: none
    std::vector<std::string> addresses;  // where this node can be dialled, for tokens
    // The age at which a network's key is replaced; none: never.
    std::optional<std::chrono::milliseconds> key_age = std::chrono::hours(30 * 24);
  };
  // Called on the control strand.
  struct Hooks {
    std::function<identity::TrustBundle()> trust;  // of now
    std::function<std::uint64_t()> denylist;       // the generation of the one in it; 0: none
    // What was signed besides a certificate: the mesh should hear of it.
    std::function<void(const std::vector<identity::Statement>&)> spread;
  };
  Issuer(const Context& context, Settings settings, Hooks hooks);
  ~Issuer() override;

  // Whether it can sign. Waits for the disk; before anything else.
  core::Result<void> check() const { return office_.check(); }

  bool is_outdated(const crypto::Certificate& own) const { return office_.is_outdated(own); }

  // From then on it looks after the end of its CA and the networks' keys, too.
  void attach(transport::Endpoint* endpoint) {
    endpoint_ = endpoint;
    watch_ca();
    watch_networks();
  }
  registry::ServiceRow row(const std::string& network) const;

  // A renewal for this node itself or a peer; `done` comes on the control strand.
  using Renewed = core::UniqueFunction<void(core::Result<std::string>)>;
  void renew(enroll::RenewalClaim claim, Renewed done);

  // token.create, token.ls, token.approve, token.deny, token.remove.
  bool control(std::string_view method, const boost::json::object& params,
               admin::ControlAnswer& answer);
  boost::json::object status() const;

  // rpc::Handler: $issuer/renew of a peer.
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket) override {}

  // transport::GuestEvents
  void guest_came(transport::LinkId guest, const transport::GuestInfo& info) override;
  void guest_said(transport::LinkId guest, const transport::GuestFrame& frame) override;
  void guest_left(transport::LinkId guest) override;

 private:
  static constexpr std::size_t kMaxRenewals = 64;         // at once
  static constexpr std::size_t kMaxRenewingNodes = 4096;  // remembered for their rates

  // DeskPort
  void send(enroll::GuestId guest, enroll::Message type, core::Bytes body) override;
  void close(enroll::GuestId guest, bool welcome) override;
  void keep(enroll::GuestId guest, core::Duration patience) override;
  void look_up(enroll::GuestId guest, const enroll::TokenId& token) override;
  void redeem(enroll::GuestId guest, const enroll::TokenId& token, const std::string& request,
              bool approved) override;

  // What leaves the helper thread.
  struct Signed {
    std::string bundle;
    std::vector<identity::Statement> statements;
  };
  static core::Result<Signed> outcome_of(core::Result<identity::Bundle> bundle);

  core::Result<enroll::RenewalClaim> claim_of(const rpc::Request& request);
  bool may_renew(const core::NodeId& node);
  core::Result<enroll::TokenOrder> order_of(const boost::json::object& params) const;
  void create_token(const boost::json::object& params, admin::ControlAnswer answer);
  void list_tokens(admin::ControlAnswer answer);
  void remove_token(const std::string& id, admin::ControlAnswer answer);
  void rearm();
  void watch_ca();
  void watch_networks();
  // Runs work() on the helper thread, then then(result) on the control strand.
  template <class Work, class Then>
  void elsewhere(Work work, Then then);

  const Context context_;
  const core::Log log_;
  const Hooks hooks_;
  const std::vector<std::string> addresses_;
  const std::optional<std::chrono::milliseconds> key_age_;
  identity::SystemDisk disk_;
  enroll::Office office_;
  enroll::Desk desk_;
  transport::Endpoint* endpoint_ = nullptr;
  std::map<core::NodeId, core::TokenBucket> renewing_;
  std::size_t renewals_ = 0;  // in progress
  std::uint64_t renewed_ = 0;
  std::uint64_t renewals_refused_ = 0;
  std::optional<enroll::CaEnd> ca_end_;  // as it was at the last look
  core::TimerId timer_ = 0;
  core::TimerId ca_timer_ = 0;
  core::TimerId networks_timer_ = 0;
  core::WallTime ca_warned_{};
  boost::asio::thread_pool helper_{1};  // joined first
};

template <class Work, class Then>
void Issuer::elsewhere(Work work, Then then) {
  boost::asio::post(helper_, [this, work = std::move(work), then = std::move(then)]() mutable {
    context_.control.post(
        [result = work(), then = std::move(then)]() mutable { then(std::move(result)); });
  });
}

}  // namespace runard::node
