#include "enroll/desk.h"

#include <algorithm>

#include "crypto/constant_time.h"
#include "enroll/proof.h"
#include "identity/name.h"
#include "identity/profile.h"
#include "keys/node_request.h"

namespace runard::enroll {

using core::Errc;

void Desk::came(GuestId id, std::string address, core::ByteView binding) {
  Guest& guest = guests_[id];
  guest.address = std::move(address);
  guest.binding.assign(binding.begin(), binding.end());
}

void Desk::left(GuestId id) {
  const auto at = guests_.find(id);
  if (at == guests_.end()) {
    return;
  }
  if (at->second.step == Step::kWaiting) {
    log_.info("a node that waited for approval hung up",
              {core::field("node", at->second.pending.node.text())});
  }
  guests_.erase(at);
}

void Desk::said(GuestId id, std::uint64_t type, core::ByteView body) {
  const auto at = guests_.find(id);
  if (at == guests_.end() || at->second.step == Step::kDone) {
    return;
  }
  Guest& guest = at->second;
  if (type == static_cast<std::uint64_t>(Message::kRequest) && guest.step == Step::kFresh) {
    return on_request(id, guest, body);
  }
  if (type == static_cast<std::uint64_t>(Message::kReveal) && guest.step == Step::kChallenged) {
    return on_reveal(id, guest, body);
  }
  refuse(id, guest, Refusal::kRefused, "a message out of order");
}

void Desk::on_request(GuestId id, Guest& guest, core::ByteView body) {
  auto request = decode_request(body);
  if (!request) {
    return refuse(id, guest, Refusal::kRefused, core::describe(request.error()));
  }
  guest.request = std::move(*request);
  guest.step = Step::kLooking;
  port_.look_up(id, guest.request.token);
}

void Desk::looked_up(GuestId id, const core::Result<TokenRecord>& token) {
  const auto at = guests_.find(id);
  if (at == guests_.end() || at->second.step != Step::kLooking) {
    return;
  }
  Guest& guest = at->second;
  if (!token) {
    return refuse(id, guest, Refusal::kRefused, core::describe(token.error()));
  }
  guest.token = *token;
  guest.step = Step::kChallenged;
  port_.send(
      id, Message::kChallenge,
      encode(Challenge{issuer_proof(token->secret_hash, guest.binding, guest.request.request)}));
}

void Desk::on_reveal(GuestId id, Guest& guest, core::ByteView body) {
  const auto reveal = decode_reveal(body);
  if (!reveal) {
    return refuse(id, guest, Refusal::kRefused, core::describe(reveal.error()));
  }
  const core::ByteView secret = reveal->secret.view();
  const bool known =
      crypto::equal_in_constant_time(crypto::sha256(secret), guest.token->secret_hash);
  const bool bound = crypto::equal_in_constant_time(
      applicant_proof(secret, guest.binding, guest.request.request), guest.request.proof);
  if (!known || !bound) {
    return refuse(id, guest, Refusal::kRefused,
                  known ? "the proof is for another connection or request" : "a wrong secret");
  }
  proved(id, guest);
}

void Desk::proved(GuestId id, Guest& guest) {
  const auto asked = keys::NodeRequest::from_pem(guest.request.request);
  if (!asked) {
    return refuse(id, guest, Refusal::kRefused, core::describe(asked.error()));
  }
  const crypto::SigningRequest* request = &asked->request;
  guest.pending.node = identity::node_id_of(request->public_key());
  guest.pending.words = key_words(request->public_key().spki());
  if (!guest.token->approve) {
    return sign(id, guest, false);
  }
  wait(id, guest, request->common_name());
}

void Desk::wait(GuestId id, Guest& guest, const std::string& wished_name) {
  PendingRequest& pending = guest.pending;
  const auto waiting = this->pending();
  if (waiting.size() >= kMaxPending) {
    return refuse(id, guest, Refusal::kBusy, "too many requests wait for approval");
  }
  if (std::ranges::find(waiting, pending.node, &PendingRequest::node) != waiting.end()) {
    return refuse(id, guest, Refusal::kBusy, "this node waits for approval already");
  }
  pending.wished_name = identity::valid_name(wished_name) ? wished_name : "";
  pending.address = guest.address;
  pending.token = guest.token->id;
  const core::Duration left = guest.token->expires - clock_.wall();
  const core::Duration patience = std::clamp(left, core::Duration{0}, patience_);
  pending.until = clock_.now() + patience;
  guest.step = Step::kWaiting;
  port_.keep(id, patience + kSigningTime);
  port_.send(id, Message::kPending, encode(Pending{patience}));
  log_.info("a node waits for approval: runarctl token approve ID, or deny ID",
            {core::field("node", pending.node.text()), core::field("fingerprint", pending.words),
             core::field("address", pending.address)});
}

std::vector<PendingRequest> Desk::pending() const {
  std::vector<PendingRequest> waiting;
  for (const auto& [id, guest] : guests_) {
    if (guest.step == Step::kWaiting) {
      waiting.push_back(guest.pending);
    }
  }
  return waiting;
}

core::Result<void> Desk::decide(const core::NodeId& node, bool approve) {
  const auto at = std::ranges::find_if(guests_, [&](const auto& entry) {
    return entry.second.step == Step::kWaiting && entry.second.pending.node == node;
  });
  if (at == guests_.end()) {
    return core::fail(Errc::kNotFound, "no request of node " + node.text() + " waits");
  }
  if (approve) {
    sign(at->first, at->second, true);
  } else {
    refuse(at->first, at->second, Refusal::kDenied, "an operator denied it");
  }
  return {};
}

core::TimePoint Desk::expiry() const {
  core::TimePoint first = core::kNever;
  for (const auto& [id, guest] : guests_) {
    first = guest.step == Step::kWaiting ? std::min(first, guest.pending.until) : first;
  }
  return first;
}

void Desk::tick() {
  const core::TimePoint now = clock_.now();
  for (auto& [id, guest] : guests_) {
    if (guest.step == Step::kWaiting && now >= guest.pending.until) {
      refuse(id, guest, Refusal::kExpired, "no operator decided in time");
    }
  }
}

void Desk::sign(GuestId id, Guest& guest, bool approved) {
  guest.step = Step::kSigning;
  port_.keep(id, kSigningTime);
  port_.redeem(id, guest.request.token, guest.request.request, approved);
}

void Desk::redeemed(GuestId id, const core::Result<std::string>& bundle) {
  const auto at = guests_.find(id);
  if (at == guests_.end() || at->second.step != Step::kSigning) {
    return;  // it hung up meanwhile: the token's use is gone all the same
  }
  Guest& guest = at->second;
  if (!bundle) {
    return refuse(id, guest, Refusal::kRefused, core::describe(bundle.error()));
  }
  ++stats_.granted;
  guest.step = Step::kDone;
  log_.info("enrolled a node",
            {core::field("node", guest.pending.node.text()), core::field("address", guest.address),
             core::field("token", guest.request.token.text())});
  port_.send(id, Message::kGranted, encode_granted(*bundle));
  port_.close(id, true);
}

void Desk::refuse(GuestId id, Guest& guest, Refusal refusal, const std::string& why) {
  ++stats_.refused;
  log_.warn("refused an enrolment",
            {core::field("address", guest.address),
             core::field("token", guest.token ? guest.token->id.text() : std::string("unknown")),
             core::field("node",
                         guest.pending.node.is_zero() ? std::string() : guest.pending.node.text()),
             core::field("why", why)});
  guest.step = Step::kDone;
  port_.send(id, Message::kRefused, encode(refusal));
  port_.close(id, false);
}

}  // namespace runard::enroll
