// A CA in a folder, a clock that is set, and requests of nodes: what tests of issuers begin with.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "enroll/office.h"
#include "identity/profile.h"
#include "support/set_clock.h"
#include "support/temp_folder.h"

namespace runard::test {

struct NewNode {
  explicit NewNode(const std::string& wished = "wish")
      : key(*crypto::PrivateKey::generate()),
        request(crypto::SigningRequest::create(key, wished)->pem()),
        id(identity::node_id_of(key.public_key())) {}
  crypto::PrivateKey key;
  std::string request;
  core::NodeId id;
};

struct EnrollWorld {
  EnrollWorld() {
    auto made = identity::Authority::create(host, ca(), "acme", std::chrono::hours(24 * 365));
    REQUIRE(made.has_value());
    REQUIRE(made->create_network("prod").has_value());
    REQUIRE(made->create_network("test").has_value());
  }
  std::filesystem::path ca() const { return folder / "ca"; }
  enroll::Office office() { return {host, ca()}; }
  enroll::TokenOrder order() const {
    enroll::TokenOrder order;
    order.addresses = {"10.0.0.5:8889"};
    order.networks = {"prod"};
    return order;
  }
  identity::TrustBundle trust() const {
    return *identity::TrustBundle::create({*identity::Authority::certificate_in(ca())});
  }
  std::size_t issued() const { return identity::Authority::issued_in(ca()).read()->size(); }

  TempFolder folder;
  identity::SystemDisk disk;
  SetClock clock;
  core::SystemRandom random;
  identity::Host host{disk, clock, random};
};

}  // namespace runard::test
