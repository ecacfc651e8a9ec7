#include "ctl/enrolment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>

#include <algorithm>

#include "enroll/applicant.h"
#include "transport/guest_client.h"

namespace runard::ctl {
namespace {

using core::Errc;
using enroll::Applicant;
using transport::Address;
using transport::GuestClient;

constexpr core::Duration kPatience = std::chrono::seconds(15);

std::vector<Address> resolve(const std::string& text) {
  if (const auto numeric = Address::parse(text)) {
    return {*numeric};
  }
  const auto name = transport::HostPort::parse(text);
  std::vector<Address> found;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (!name || getaddrinfo(name->host.c_str(), nullptr, &hints, &list) != 0) {
    return found;
  }
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    if (const auto address = Address::from(at->ai_addr)) {
      found.push_back(address->with_port(name->port));
    }
  }
  freeaddrinfo(list);
  return found;
}

// The issuer's chain, with its roots, is what TLS gives as untrusted.
transport::PeerVerifier verifier(const crypto::Sha256& root, const core::Clock& clock) {
  return [root, &clock](X509_STORE_CTX* store) -> core::Result<transport::PeerIdentity> {
    std::vector<crypto::Certificate> chain;
    STACK_OF(X509)* shown = X509_STORE_CTX_get0_untrusted(store);
    for (int i = 0; i < sk_X509_num(shown); ++i) {
      chain.push_back(crypto::Certificate::share(sk_X509_value(shown, i)));
    }
    const auto trust = enroll::pinned_trust(root, chain);
    if (!trust) {
      return trust.error();
    }
    const auto peer = identity::verify_peer(store, *trust, clock.wall());
    if (!peer) {
      return peer.error();
    }
    return transport::PeerIdentity{peer->id,     peer->name,      peer->networks,
                                   peer->groups, peer->not_after, peer->labels};
  };
}

core::Result<std::string> talk(const EnrolmentWorld& world, GuestClient& client,
                               Applicant& applicant) {
  const auto send = [&](const enroll::Outgoing& out) {
    client.send(static_cast<std::uint64_t>(out.type), out.body);
  };
  send(applicant.begin());
  core::Duration patience = kPatience;
  bool told = false;
  while (!applicant.bundle()) {
    const auto frame = client.receive(patience);
    if (!frame) {
      return frame.error();
    }
    const auto next = applicant.take(frame->type, frame->body);
    if (!next) {
      return next.error();
    }
    if (*next) {
      send(**next);
    }
    if (applicant.pending() && !std::exchange(told, true)) {
      world.on_pending(*applicant.pending());
      patience = *applicant.pending() + kPatience;
    }
  }
  return *applicant.bundle();
}

// What the issuer sent has to come from the root that the token names.
core::Result<identity::Bundle> checked(const std::string& text, const crypto::Sha256& pin) {
  auto bundle = identity::Bundle::parse(text);
  if (!bundle) {
    return bundle.error();
  }
  const bool pinned = std::ranges::any_of(bundle->roots, [&](const crypto::Certificate& root) {
    const auto key = root.public_key();
    return key && enroll::root_pin(*key) == pin;
  });
  if (!pinned) {
    return core::fail(Errc::kFingerprintMismatch, "the bundle's root is not the token's");
  }
  return bundle;
}

// Another address may do better.
bool is_of_the_way(const core::Error& error) {
  const core::Kind kind = core::info(error.code).kind;
  return kind == core::Kind::kUnavailable || kind == core::Kind::kTimeout ||
         kind == core::Kind::kNoEndpoint || error.code == Errc::kAddressUnusable ||
         error.code == Errc::kVersionMismatch;
}

}  // namespace

core::Result<identity::Bundle> enrol(const EnrolmentWorld& world, const enroll::Token& token,
                                     const std::string& request) {
  const auto tls = transport::TlsContext::create_guest(verifier(token.root, world.clock));
  if (!tls) {
    return tls.error();
  }
  core::Error why = core::fail(Errc::kAddressUnusable, token.addresses.front());
  for (const std::string& text : token.addresses) {
    for (const Address& address : resolve(text)) {
      auto client = GuestClient::connect({world.clock, world.random, *tls}, address, kPatience);
      if (!client) {
        why = client.error();
      } else {
        Applicant applicant(token, request, (*client)->binding());
        const auto bundle = talk(world, **client, applicant);
        if (bundle) {
          return checked(*bundle, token.root);
        }
        why = bundle.error();
      }
      if (!is_of_the_way(why)) {
        return why;
      }
    }
  }
  return why.code == Errc::kNoAnswer
             ? core::fail(Errc::kDeadlineExceeded,
                          fmt::format("no issuer answered at {}", fmt::join(token.addresses, ", ")))
             : why;
}

}  // namespace runard::ctl
