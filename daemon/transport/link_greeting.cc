// From a proved certificate to hellos that fit: who the peer is, and what both have in common.
#include <algorithm>

#include "transport/link.h"

namespace runard::transport {

using core::Errc;
using wire::CloseCode;

void Link::on_proved() {
  ++handshakes_;
  if (!core_.connection->tls().peer()) {
    return protocol_error("no certificate");
  }
  auto judged = events_.judge(core_.connection->tls());
  if (!judged) {
    return end(CloseCode::kDenied, judged.error(), true);
  }
  peer_ = std::move(*judged);
  core_.peer = peer_->node;
  if (peer_->node == self_.id) {
    return end(CloseCode::kSelf, core::fail(Errc::kSelfDial, remote_.text()), true);
  }
  if (plan_.expected && *plan_.expected != peer_->node) {
    return end(CloseCode::kWrongPeer,
               core::fail(Errc::kCertificateMismatch, "another node answered"), true);
  }
  state_ = State::kGreeting;
  if (const auto room = events_.has_room(*this); !room) {
    const bool full = room.error().code == Errc::kOverloaded;
    return end(full ? CloseCode::kOverloaded : CloseCode::kDuplicate, room.error(), true);
  }
  if (!server_) {
    core_.connection->keep_alive(core_.context.limits.keep_alive);
    renew_keys_at_ = core_.now + core_.context.limits.key_renewal;
  }
}

core::Result<void> Link::recheck(const PeerVerifier& verify, const Link& proof) const {
  if (!peer_ || !proof.core_.connection) {
    return {};  // not judged yet, or closed
  }
  const auto verdict = proof.core_.connection->tls().judge_again(verify);
  if (!verdict) {
    return verdict.error();
  }
  const auto lost = [&](const core::NetworkId& network) {
    return std::ranges::find(verdict->networks, network) == verdict->networks.end();
  };
  if (std::ranges::any_of(core_.networks, lost)) {
    return core::fail(Errc::kNodeDenied, "the node was taken out of a network");
  }
  return {};
}

bool Link::open_control() {
  control_ = std::make_unique<ControlStream>(core_, 0);
  if (!core_.connection->open_bidi(*control_)) {
    return false;
  }
  control_->send_type();
  return say_hello();
}

bool Link::say_hello() {
  hello_sent_ = true;
  wire::Hello hello;
  hello.features = wire::kFeatures | self_.features;
  if (core_.context.codec == nullptr) {
    hello.features &= ~wire::kFeatureSealed;
  }
  hello.epoch = self_.epoch;
  hello.generation = plan_.generation;
  hello.name = self_.name;
  hello.addresses = self_.addresses;
  hello.networks = self_.networks;
  if (!server_) {
    hello.reset_token = core_.connection->own_reset_token();
  }
  core::Bytes body;
  wire::put_hello(hello, body);
  return control_->send(wire::kHello, body);
}

void Link::on_hello(core::ByteView body) {
  auto hello = wire::get_hello(body);
  if (!hello) {
    return end(CloseCode::kMalformed, hello.error(), true);
  }
  peer_hello_ = std::move(*hello);
  core_.opens_sealed = (peer_hello_.features & wire::kFeatureSealed) != 0;
  port_->opens_sealed = core_.opens_sealed;
  if (!hello_sent_ && !say_hello()) {
    return protocol_error("hello");
  }
  if (!wire::common_version(wire::Hello{}, peer_hello_)) {
    return end(CloseCode::kVersion, core::fail(Errc::kVersionMismatch, peer_->name), true);
  }
  for (const core::NetworkId& network : peer_hello_.networks) {
    const auto has = [&](const std::vector<core::NetworkId>& list) {
      return std::find(list.begin(), list.end(), network) != list.end();
    };
    if (has(self_.networks) && has(peer_->networks) && !has(core_.networks)) {
      core_.networks.push_back(network);
    }
  }
  if (core_.networks.empty()) {
    return end(CloseCode::kNoCommonNetwork, core::fail(Errc::kNoCommonNetwork, peer_->name), true);
  }
  if (server_ && peer_hello_.reset_token) {
    events_.on_reset_token(*this, *peer_hello_.reset_token, true);
  }
  give_up_at_ = core::kNever;
  state_ = State::kReady;
  events_.on_ready(*this);
}

}  // namespace runard::transport
