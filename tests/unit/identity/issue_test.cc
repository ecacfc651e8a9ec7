// What a CA puts into a certificate, and what it does not sign.
#include "identity/issue.h"

#include <catch2/catch_test_macros.hpp>

#include "support/test_mesh.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using crypto::PrivateKey;
using test::TestMesh;

TEST_CASE("the serial is positive, random and of 16 bytes") {
  TestMesh mesh;
  const auto key = PrivateKey::generate();
  const auto first = mesh.sign(key->public_key(), {"a", {mesh.network()}, 1h}).serial();
  const auto second = mesh.sign(key->public_key(), {"a", {mesh.network()}, 1h}).serial();
  CHECK(first.size() == 32);
  CHECK(first != second);
  CHECK(first[0] < '8');
}

TEST_CASE("a node's certificate begins five minutes early and ends before the CA's") {
  TestMesh mesh;
  const auto key = PrivateKey::generate();
  const auto day = mesh.sign(key->public_key(), {"a", {mesh.network()}, 24h});
  CHECK(day.not_before() == mesh.born() - 5min);
  CHECK(day.not_after() == mesh.born() + 24h);
  const auto century = mesh.sign(key->public_key(), {"a", {mesh.network()}, 24h * 3650});
  CHECK(century.not_after() == mesh.root().not_after() - 1s);
}

TEST_CASE("what can't stand in a certificate is not signed") {
  TestMesh mesh;
  core::SystemRandom random;
  const auto key = PrivateKey::generate();
  const auto error = [&](const identity::Grant& grant, core::WallTime now) {
    return identity::issue_node({mesh.key(), mesh.root()}, key->public_key(), grant, now, random)
        .error()
        .code;
  };
  const std::vector<core::NetworkId> one = {mesh.network()};
  CHECK(error({"", one, 1h}, mesh.born()) == Errc::kInvalidArgument);
  CHECK(error({"a b", one, 1h}, mesh.born()) == Errc::kInvalidArgument);
  CHECK(error({"a", {}, 1h}, mesh.born()) == Errc::kInvalidArgument);
  CHECK(error({"a", std::vector(65, one[0]), 1h}, mesh.born()) == Errc::kInvalidArgument);
  CHECK(error({"a", one, 0h}, mesh.born()) == Errc::kInvalidArgument);
  CHECK(error({"a", one, -1h}, mesh.born()) == Errc::kInvalidArgument);
  CHECK(error({"a", one, core::Duration::max()}, mesh.born()) == Errc::kInvalidArgument);
  CHECK(error({"a", one, 1h}, mesh.root().not_after()) == Errc::kCertificateExpired);
}
