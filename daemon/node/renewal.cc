#include "node/renewal.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "admin/render.h"
#include "enroll/messages.h"
#include "identity/identity_folder.h"
#include "identity/profile.h"

namespace runard::node {

using core::Errc;
using enroll::Standing;

namespace {

// The wall clock may be set: it is looked at again at least this often.
constexpr core::Duration kLongestSleep = std::chrono::minutes(10);

enroll::Validity validity_of(const identity::NodeIdentity& identity) {
  return {identity.tls->certificate.not_before() + identity::kBackdate, identity.not_after};
}

// Signed later, so that nobody can bring back an old one. By another root, as after a rotation, it
// may end sooner; which roots come with it, and in which order, the giver chooses.
bool is_newer(const crypto::Certificate& current, const identity::Bundle& bundle) {
  const crypto::Certificate& given = bundle.certificate;
  const bool same_root = std::ranges::any_of(bundle.roots, [&](const crypto::Certificate& root) {
    return given.issued_by(root) && current.issued_by(root);
  });
  return given.not_before() > current.not_before() &&
         (!same_root || given.not_after() > current.not_after());
}

const char* text_of(Standing standing) {
  constexpr const char* kTexts[] = {"good", "due", "ending", "expired"};
  return kTexts[static_cast<std::size_t>(standing)];
}

}  // namespace

Renewal::Renewal(const Context& context, std::filesystem::path state_dir, bool enabled,
                 RenewalHooks hooks, const identity::NodeIdentity& identity)
    : context_(context),
      log_(context.log.component("identity")),
      state_dir_(std::move(state_dir)),
      enabled_(enabled),
      hooks_(std::move(hooks)),
      self_(identity.id),
      material_(identity.tls),
      plan_(validity_of(identity), context.random) {}

Renewal::~Renewal() {
  stop();
  files_.join();
}

void Renewal::stop() {
  stopped_ = true;
  context_.control.cancel(timer_);
  timer_ = 0;
}

void Renewal::changed(const identity::NodeIdentity& identity) {
  material_ = identity.tls;
  if (plan_.validity() != validity_of(identity)) {
    plan_.renewed(validity_of(identity));
    last_error_.reset();
  }
  rearm();
}

void Renewal::rearm() {
  context_.control.cancel(timer_);
  timer_ = 0;
  if (stopped_) {
    return;
  }
  const core::WallTime now = context_.clock.wall();
  core::Duration sleep = kLongestSleep;
  if (plan_.next_warning() < now + kLongestSleep) {
    sleep = std::max(plan_.next_warning() - now, core::Duration{0});
  }
  if (enabled_ && !round_ && plan_.standing(now) != Standing::kExpired) {
    sleep = std::min(sleep, std::max(plan_.due() - now, next_round_ - context_.clock.now()));
  }
  timer_ = context_.control.after(std::max(sleep, core::Duration{0}), [this] {
    timer_ = 0;
    on_timer();
  });
}

void Renewal::on_timer() {
  const core::WallTime now = context_.clock.wall();
  const Standing standing = plan_.standing(now);
  if (plan_.warns(now)) {
    warn(standing);
  }
  // What has ended proves nothing any more: no issuer would renew it.
  if (enabled_ && !round_ && now >= plan_.due() && standing != Standing::kExpired &&
      context_.clock.now() >= next_round_) {
    begin();
  }
  rearm();
}

void Renewal::hurry() {
  plan_.hurry(context_.clock.wall());
  rearm();
}

void Renewal::warn(Standing standing) {
  const std::string until(admin::time_value(plan_.validity().until).as_string());
  if (standing == Standing::kExpired) {
    log_.error(
        "this node's certificate has ended, no other node talks to it: enrol it again with a "
        "token, or install a new bundle",
        {core::field("until", until)});
  } else {
    log_.warn("this node's certificate ends soon and was not renewed",
              {core::field("until", until),
               core::field("why", last_error_ ? core::describe(*last_error_)
                                              : std::string("nobody was asked yet"))});
  }
}

void Renewal::begin() {
  next_round_ = context_.clock.now() + kLeastPause;
  round_.emplace(hooks_.issuers(), context_.random);
  ask_next();
}

core::Result<core::Bytes> Renewal::make_request() const {
  auto request = hooks_.request();
  if (!request) {
    return request.error();
  }
  enroll::RenewalRequest asked{std::move(*request), {material_->certificate.der()}};
  for (const crypto::Certificate& certificate : material_->intermediates) {
    asked.chain.push_back(certificate.der());
  }
  return enroll::encode(asked);
}

void Renewal::ask_next() {
  const auto issuer = round_->next();
  if (!issuer) {
    return failed(core::Error(round_->last_error()));
  }
  auto request = make_request();
  if (!request) {
    return failed(request.error());
  }
  hooks_.ask(*issuer, std::move(*request), [this](const core::Result<std::string>& bundle) {
    if (stopped_ || !round_) {
      return;
    }
    if (bundle) {
      return install(*bundle);
    }
    round_->refused(bundle.error());
    ask_next();
  });
}

void Renewal::install(const std::string& text) {
  boost::asio::post(files_, [this, text, current = material_] {
    const auto bundle = identity::Bundle::parse(text);
    core::Result<void> outcome;
    if (bundle && !is_newer(current->certificate, *bundle)) {
      outcome = core::fail(Errc::kRenewalRefused, "what was given ends no later, or is older");
    } else if (bundle) {
      const auto installed = identity::IdentityFolder(state_dir_)
                                 .install(disk_, *bundle, {}, context_.clock.wall(), self_);
      outcome = installed ? core::Result<void>() : core::Result<void>(installed.error());
    } else {
      outcome = bundle.error();
    }
    context_.control.post([this, outcome] { installed(outcome); });
  });
}

void Renewal::installed(const core::Result<void>& outcome) {
  if (stopped_ || !round_) {
    return;
  }
  if (!outcome) {  // whoever said to be an issuer may be none
    round_->refused(outcome.error());
    return ask_next();
  }
  if (const auto taken = hooks_.reload(); !taken) {  // calls changed()
    return failed(taken.error());
  }
  round_.reset();
  ++renewals_;
  last_error_.reset();
  log_.info(
      "this node's certificate was renewed",
      {core::field("until", std::string(admin::time_value(plan_.validity().until).as_string()))});
  rearm();
}

void Renewal::failed(const core::Error& why) {
  round_.reset();
  ++failures_;
  // Said once: a mesh may have no issuer at all, and as the end comes near there are warnings.
  const bool said = last_error_ && last_error_->code == why.code;
  last_error_ = why;
  plan_.failed(context_.clock.wall());
  if (!said) {
    log_.warn(
        "this node's certificate could not be renewed, it is tried again and again",
        {core::field("why", core::describe(why)),
         core::field("until", std::string(admin::time_value(plan_.validity().until).as_string()))});
  }
  rearm();
}

boost::json::object Renewal::status() const {
  const core::WallTime now = context_.clock.wall();
  return {{"from", admin::time_value(plan_.validity().from)},
          {"until", admin::time_value(plan_.validity().until)},
          {"left_ns", (plan_.validity().until - now).count()},
          {"state", text_of(plan_.standing(now))},
          {"renewal", enabled_ ? "auto" : "off"},
          {"renews_at", enabled_ ? admin::time_value(plan_.due()) : boost::json::value(nullptr)},
          {"renewals", renewals_},
          {"renewal_failures", failures_},
          {"last_error", last_error_ ? boost::json::value(core::describe(*last_error_))
                                     : boost::json::value(nullptr)}};
}

}  // namespace runard::node
