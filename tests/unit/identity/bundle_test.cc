#include "identity/bundle.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "crypto/pem.h"
#include "identity/profile.h"
#include "support/result_text.h"
#include "support/test_mesh.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using identity::Bundle;
using identity::check_bundle;
using identity::NetworkDescriptor;
using identity::SignedNetworks;
using test::TestMesh;

namespace {

struct Issued {
  explicit Issued(TestMesh& mesh)
      : key(*crypto::PrivateKey::generate()),
        networks({{mesh.network(), "prod"}, {mesh.network(), "test"}}),
        bundle{mesh.sign(key.public_key(), {"web-1", {networks[0].id, networks[1].id}, 24h}),
               {},
               {mesh.root()},
               *SignedNetworks::sign(networks, mesh.key())} {}

  crypto::PrivateKey key;
  std::vector<NetworkDescriptor> networks;
  Bundle bundle;
};

std::string flip_names(std::string text) {
  auto blocks = *crypto::parse_pem(text);
  core::Bytes& der = blocks.back().der;
  std::string body(core::as_text(der));
  body.replace(body.find("prod"), 4, "zzzz");
  der.assign(body.begin(), body.end());
  std::string out;
  for (const auto& block : blocks) {
    out += crypto::write_pem(block.label, block.der);
  }
  return out;
}

}  // namespace

TEST_CASE("a bundle survives its text and proves what it says") {
  TestMesh mesh;
  const Issued issued(mesh);
  const auto bundle = Bundle::parse(issued.bundle.text());
  REQUIRE(bundle);
  CHECK(bundle->text() == issued.bundle.text());

  const auto checked = check_bundle(*bundle, mesh.born());

  REQUIRE(checked);
  CHECK(checked->identity.name == "web-1");
  CHECK(checked->networks.size() == 2);
  CHECK(checked->trust.roots() == std::vector{mesh.root()});
}

TEST_CASE("a bundle whose network names were exchanged is refused") {
  TestMesh mesh;
  const auto bundle = Bundle::parse(flip_names(Issued(mesh).bundle.text()));
  REQUIRE(bundle);
  CHECK(check_bundle(*bundle, mesh.born()).error().code == Errc::kBundleInvalid);
}

TEST_CASE("network names signed by another CA, or of other networks, are refused") {
  TestMesh mesh;
  TestMesh other;
  Issued issued(mesh);
  issued.bundle.networks = *SignedNetworks::sign(issued.networks, other.key());
  CHECK(check_bundle(issued.bundle, mesh.born()).error().code == Errc::kBundleInvalid);
  issued.bundle.networks = *SignedNetworks::sign({issued.networks[0]}, mesh.key());
  CHECK(check_bundle(issued.bundle, mesh.born()).error().code == Errc::kBundleInvalid);
}

TEST_CASE("a bundle with another mesh's root, or one not valid now, is refused") {
  TestMesh mesh;
  TestMesh other;
  Issued issued(mesh);
  CHECK(check_bundle(issued.bundle, mesh.born() + 25h).error().code == Errc::kCertificateExpired);
  issued.bundle.roots = {other.root()};
  CHECK(check_bundle(issued.bundle, mesh.born()).error().code == Errc::kCertificateUntrusted);
}

TEST_CASE("a text that is not exactly a bundle is refused") {
  TestMesh mesh;
  const Issued issued(mesh);
  const std::string leaf = issued.bundle.certificate.pem();
  const std::string root = mesh.root().pem();
  const std::string networks = crypto::write_pem("RUNARD NETWORKS", issued.bundle.networks.bytes());
  REQUIRE(Bundle::parse(leaf + root + networks));
  std::string many_roots = leaf;
  for (int i = 0; i < 9; ++i) {
    many_roots += root;
  }
  for (const std::string& bad :
       {std::string(), std::string("x"), leaf, leaf + root, leaf + networks, root + networks,
        networks + leaf + root, leaf + root + networks + networks, leaf + leaf + networks,
        leaf + root + leaf + networks, "a comment\n" + leaf + root + networks,
        leaf + crypto::write_pem("PRIVATE KEY", issued.key.public_key().spki()) + root + networks,
        many_roots + networks,
        leaf + root + "-----BEGIN RUNARD NETWORKS-----\n-----END RUNARD NETWORKS-----\n",
        std::string(identity::kMaxBundleText + 1, 'x')}) {
    const auto bundle = Bundle::parse(bad);
    INFO(bad);
    REQUIRE_FALSE(bundle);
    CHECK(bundle.error().code == Errc::kBundleInvalid);
  }
}

TEST_CASE("a bundle cut off anywhere is refused") {
  TestMesh mesh;
  const std::string text = Issued(mesh).bundle.text();
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CHECK_FALSE(Bundle::parse(std::string_view(text).substr(0, size)));
  }
}

TEST_CASE("the encoding of signed networks is ascending by id, with these bytes") {
  const auto key = crypto::PrivateKey::generate();
  NetworkDescriptor one{{}, "b"};
  NetworkDescriptor two{{}, "aa"};
  one.id.bytes.back() = 1;
  two.id.bytes.back() = 2;
  const auto list = SignedNetworks::sign({two, one}, *key);
  REQUIRE(list);
  CHECK(list->verify(key->public_key()));
  const core::Bytes bytes = list->bytes();
  CHECK(crypto::hex(core::ByteView(bytes).first(39)) ==
        "0102"
        "00000000000000000000000000000001"
        "0162"
        "00000000000000000000000000000002"
        "026161");
  CHECK(SignedNetworks::parse(bytes)->networks() == std::vector{one, two});
}

TEST_CASE("signed networks of another form are refused") {
  const auto key = crypto::PrivateKey::generate();
  const core::Bytes good = SignedNetworks::sign({{{}, "prod"}}, *key)->bytes();
  const auto with = [&](std::size_t at, std::uint8_t value) {
    core::Bytes changed = good;
    changed[at] = value;
    return SignedNetworks::parse(changed);
  };
  CHECK_FALSE(with(0, 2));     // version
  CHECK_FALSE(with(1, 0));     // count
  CHECK_FALSE(with(1, 255));   // count
  CHECK_FALSE(with(18, 0));    // length of the name
  CHECK_FALSE(with(18, 255));  // length of the name
  CHECK_FALSE(with(19, '/'));  // the name
  for (std::size_t size = 0; size < 24; ++size) {
    CHECK_FALSE(SignedNetworks::parse(core::ByteView(good).first(size)));
  }
  core::Bytes longer = good;
  longer.resize(good.size() + 80);
  CHECK_FALSE(SignedNetworks::parse(longer));
}

TEST_CASE("networks with bad, repeated or too many names are not signed") {
  TestMesh mesh;
  const auto error = [&](std::vector<NetworkDescriptor> list) {
    return SignedNetworks::sign(std::move(list), mesh.key()).error().code;
  };
  const auto id = mesh.network();
  std::vector<NetworkDescriptor> many;
  for (std::size_t i = 0; i <= identity::kMaxNetworks; ++i) {
    many.push_back({mesh.network(), fmt::format("n{}", i)});
  }
  CHECK(error({}) == Errc::kInvalidArgument);
  CHECK(error({{id, "a/b"}}) == Errc::kInvalidArgument);
  CHECK(error({{id, "a"}, {id, "b"}}) == Errc::kInvalidArgument);
  CHECK(error({{id, "a"}, {mesh.network(), "a"}}) == Errc::kInvalidArgument);
  CHECK(error(many) == Errc::kInvalidArgument);
}
