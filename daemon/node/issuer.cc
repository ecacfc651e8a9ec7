#include "node/issuer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "admin/render.h"

namespace runard::node {

using core::Errc;

Issuer::Issuer(const Context& context, Settings settings, Hooks hooks)
    : context_(context),
      log_(context.log.component("issuer")),
      hooks_(std::move(hooks)),
      addresses_(std::move(settings.addresses)),
      key_age_(settings.key_age),
      office_({disk_, context.clock, context.random}, std::move(settings.ca),
              std::move(settings.passphrase)),
      desk_(*this, context.clock, log_) {
  office_.on_lapsed([log = log_](const std::set<std::string>& names) {
    log.warn(
        "nodes were left out of a network's keys: for a year the CA has not heard of a newer "
        "agreement key of theirs; sign a new request of each",
        {core::field("nodes", fmt::format("{}", fmt::join(names, ", ")))});
  });
}

Issuer::~Issuer() {
  context_.control.cancel(timer_);
  context_.control.cancel(ca_timer_);
  context_.control.cancel(networks_timer_);
  helper_.stop();  // what nobody waits for any more
  helper_.join();
}

void Issuer::rearm() {
  context_.control.cancel(timer_);
  timer_ = 0;
  const core::TimePoint when = desk_.expiry();
  if (when == core::kNever) {
    return;
  }
  timer_ = context_.control.after(std::max(core::Duration{0}, when - context_.clock.now()), [this] {
    timer_ = 0;
    desk_.tick();
    rearm();
  });
}

// Said again each day: near its end certificates get shorter and shorter, then none is renewed.
void Issuer::watch_ca() {
  static constexpr std::chrono::hours kEach{24};
  static constexpr std::chrono::minutes kLook{10};  // a command may have changed it
  elsewhere([this] { return office_.end_of_ca(); },
            [this](const core::Result<enroll::CaEnd>& end) {
              const bool fresh = end && (!ca_end_ || ca_end_->until != end->until);
              ca_end_ = end ? std::optional(*end) : ca_end_;
              if (end && end->near && (fresh || context_.clock.wall() >= ca_warned_ + kEach)) {
                ca_warned_ = context_.clock.wall();
                log_.warn(
                    "this mesh's CA ends soon, and no certificate outlives it: make the next one "
                    "with 'runarctl ca rotate prepare', then 'ca rotate activate'",
                    {core::field("until", std::string(admin::time_value(end->until).as_string()))});
              } else if (fresh) {
                ca_warned_ = {};
              }
              ca_timer_ = context_.control.after(kLook, [this] { watch_ca(); });
            });
}

// Members go when their certificates end or are signed again without the network, keys get old.
void Issuer::watch_networks() {
  static constexpr std::chrono::hours kLook{1};
  elsewhere([this] { return office_.upkeep(key_age_); },
            [this](const keys::Upkeep& done) {
              if (done.failed) {
                log_.warn("could not look after a network's keys, it is tried again in an hour",
                          {core::field("why", core::describe(*done.failed))});
              }
              if (!done.made.empty()) {
                log_.info("made new keys of networks: old ones, or a member has left",
                          {core::field("networks", done.made.size())});
                hooks_.spread(done.made);
              }
              networks_timer_ = context_.control.after(kLook, [this] { watch_networks(); });
            });
}

void Issuer::guest_came(transport::LinkId guest, const transport::GuestInfo& info) {
  desk_.came(guest, info.address.text(), info.binding);
}

void Issuer::guest_said(transport::LinkId guest, const transport::GuestFrame& frame) {
  desk_.said(guest, frame.type, frame.body);
}

void Issuer::guest_left(transport::LinkId guest) {
  desk_.left(guest);
  rearm();
}

void Issuer::send(enroll::GuestId guest, enroll::Message type, core::Bytes body) {
  endpoint_->send_guest(guest, static_cast<std::uint64_t>(type), body);
}

void Issuer::close(enroll::GuestId guest, bool welcome) {
  endpoint_->close_guest(guest, welcome);
}

void Issuer::keep(enroll::GuestId guest, core::Duration patience) {
  endpoint_->keep_guest(guest, context_.clock.now() + patience);
  context_.control.post([this] { rearm(); });
}

void Issuer::look_up(enroll::GuestId guest, const enroll::TokenId& token) {
  elsewhere([this, token] { return office_.look_up(token); },
            [this, guest](const core::Result<enroll::TokenRecord>& found) {
              desk_.looked_up(guest, found);
            });
}

core::Result<Issuer::Signed> Issuer::outcome_of(core::Result<identity::Bundle> bundle) {
  if (!bundle) {
    return bundle.error();
  }
  Signed made{bundle->text(), {}};
  std::ranges::copy_if(bundle->statements, std::back_inserter(made.statements),
                       [](const identity::Statement& statement) {
                         return statement.key().kind == identity::StatementKind::kNetwork;
                       });
  return made;
}

void Issuer::redeem(enroll::GuestId guest, const enroll::TokenId& token, const std::string& request,
                    bool approved) {
  elsewhere(
      [this, application = enroll::Application{token, request, approved}, trust = hooks_.trust()] {
        return outcome_of(office_.redeem(application, trust.denied()));
      },
      [this, guest](const core::Result<Signed>& made) {
        if (made) {
          hooks_.spread(made->statements);
        }
        desk_.redeemed(guest, made ? core::Result<std::string>(made->bundle) : made.error());
      });
}

registry::ServiceRow Issuer::row(const std::string& network) const {
  registry::ServiceRow row;
  row.network = network;
  row.path = kPath;
  row.type = "issuer";
  row.version = "1.0.0";
  row.summary = "Renews the certificates of nodes";
  row.state = registry::ServiceState::kRunning;
  row.actions = {{"renew", "The caller's certificate, renewed", "", "", 0}};
  return row;
}

// A node that asks all the time costs a signature and a line of the log each time.
bool Issuer::may_renew(const core::NodeId& node) {
  constexpr double kBurst = 5;
  constexpr double kPerSecond = 1.0 / 60;
  if (renewing_.size() >= kMaxRenewingNodes && !renewing_.contains(node)) {
    renewing_.clear();
  }
  return renewing_.try_emplace(node, kBurst, kPerSecond).first->second.take(context_.clock.now());
}

core::Result<enroll::RenewalClaim> Issuer::claim_of(const rpc::Request& request) {
  if ((request.flags & rpc::kInbound) == 0 || request.caller.node.is_zero()) {
    return core::fail(Errc::kDenied, "only nodes renew, over their links", core::Executed::kNo);
  }
  if (renewals_ >= kMaxRenewals || !may_renew(request.caller.node)) {
    return core::fail(Errc::kOverloaded, "renewals", core::Executed::kNo);
  }
  auto asked = enroll::decode_renewal(request.payload.bytes);
  if (!asked) {
    return core::fail(Errc::kInvalidParams, asked.error().about, core::Executed::kNo);
  }
  return enroll::RenewalClaim{request.caller.node, std::move(*asked)};
}

rpc::Ticket Issuer::call(const rpc::Request& request, const rpc::Responder& responder) {
  auto claim = claim_of(request);
  if (!claim) {
    responder(rpc::Reply::failure(claim.error()));
    return 0;
  }
  renew(std::move(*claim), [responder](const core::Result<std::string>& bundle) {
    if (!bundle) {
      responder(rpc::Reply::failure(bundle.error()));
      return;
    }
    const core::Bytes body = enroll::encode_granted(*bundle);
    responder(rpc::Reply::success(rpc::Payload::borrow(body, rpc::Encoding::kCbor)));
  });
  return 0;
}

void Issuer::renew(enroll::RenewalClaim claim, Renewed done) {
  ++renewals_;
  const core::NodeId node = claim.node;
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): `done` is in the second function
  elsewhere(
      [this, claim = std::move(claim), trust = hooks_.trust(), denylist = hooks_.denylist()] {
        return outcome_of(office_.renew(claim, trust, denylist));
      },
      [this, node, done = std::move(done)](const core::Result<Signed>& made) mutable {
        --renewals_;
        if (made) {
          ++renewed_;
          log_.info("renewed a certificate", {core::field("node", node.text())});
          hooks_.spread(made->statements);
          return done(made->bundle);
        }
        ++renewals_refused_;
        log_.warn("refused a renewal", {core::field("node", node.text()),
                                        core::field("why", core::describe(made.error()))});
        // What stands in the CA's folder is nobody else's business.
        const bool denied = core::info(made.error().code).kind == core::Kind::kDenied;
        done(core::fail(denied ? made.error().code : Errc::kRenewalRefused, ""));
      });
}

boost::json::object Issuer::status() const {
  return {{"granted", desk_.stats().granted},
          {"refused", desk_.stats().refused},
          {"pending", desk_.pending().size()},
          {"renews_only", office_.renews_only()},
          {"renewed", renewed_},
          {"renewals_refused", renewals_refused_},
          {"ca_until", ca_end_ ? admin::time_value(ca_end_->until) : boost::json::value(nullptr)},
          {"ca_ends_soon", ca_end_ && ca_end_->near}};
}

}  // namespace runard::node
