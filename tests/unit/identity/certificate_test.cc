// verify_peer: every way in which a certificate can be wrong, each with an error of its own.
#include "identity/certificate.h"

#include <openssl/err.h>

#include <catch2/catch_test_macros.hpp>

#include "crypto/certificate_builder.h"
#include "identity/groups.h"
#include "identity/node_labels.h"
#include "identity/profile.h"
#include "support/result_text.h"
#include "support/test_mesh.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using crypto::Certificate;
using crypto::ExtensionText;
using crypto::PrivateKey;
using identity::verify_peer;
using test::TestMesh;

namespace {

// A certificate that is right in all points until the test changes one.
struct Draft {
  explicit Draft(TestMesh& mesh)
      : mesh_(mesh), key(*PrivateKey::generate()), network(mesh.network()) {
    spec.common_name = "web-1";
    spec.serial.fill(1);
    spec.not_before = mesh.born() - 5min;
    spec.not_after = mesh.born() + 1h;
    spec.extensions = identity::node_extensions(key.public_key(), {network});
  }

  // An empty value takes the extension out.
  Draft& set(std::string_view name, std::string value) {
    std::erase_if(spec.extensions, [&](const ExtensionText& e) { return e.name == name; });
    if (!value.empty()) {
      spec.extensions.push_back({std::string(name), std::move(value)});
    }
    return *this;
  }
  Draft& add(std::string_view name, std::string value) {
    spec.extensions.push_back({std::string(name), std::move(value)});
    return *this;
  }
  Certificate build() const {
    auto built = build_certificate(spec, key.public_key(), {mesh_.key(), &mesh_.root()});
    REQUIRE(built);
    return *built;
  }
  core::Result<identity::PeerIdentity> verify(identity::Denylist denied = {}) const {
    return verify_at(mesh_.born(), std::move(denied));
  }
  core::Result<identity::PeerIdentity> verify_at(core::WallTime now,
                                                 identity::Denylist denied = {}) const {
    return verify_peer(build().native(), nullptr, mesh_.trust(std::move(denied)), now);
  }
  Errc error() const { return verify().error().code; }

  TestMesh& mesh_;
  PrivateKey key;
  core::NetworkId network;
  crypto::CertificateSpec spec;
};

Errc error_of(const core::Result<identity::PeerIdentity>& peer) {
  return peer.error().code;
}

std::string uri(const Draft& draft) {
  return "URI:" + identity::node_uri(identity::node_id_of(draft.key.public_key()));
}

}  // namespace

TEST_CASE("a certificate of the mesh gives id, name, networks and end") {
  TestMesh mesh;
  const Draft draft(mesh);

  const auto peer = draft.verify();

  REQUIRE(peer);
  CHECK(peer->id == identity::node_id_of(draft.key.public_key()));
  CHECK(peer->name == "web-1");
  CHECK(peer->networks == std::vector{draft.network});
  CHECK(peer->not_after == mesh.born() + 1h);
}

TEST_CASE("a certificate of the mesh gives the groups that its operator granted") {
  TestMesh mesh;
  Draft draft(mesh);
  CHECK(draft.verify()->groups.empty());
  draft.spec.extensions =
      identity::node_extensions(draft.key.public_key(), {draft.network}, {{"db", "web"}});
  CHECK(draft.verify()->groups == std::vector<std::string>{"db", "web"});
}

TEST_CASE("a certificate of the mesh gives its node's labels, and one without them is good, too") {
  TestMesh mesh;
  Draft draft(mesh);
  CHECK(draft.verify()->labels.empty());
  draft.spec.extensions = identity::node_extensions(draft.key.public_key(), {draft.network},
                                                    {{}, {"rack=7", "region=eu"}});
  CHECK(draft.verify()->labels == std::vector<std::string>{"rack=7", "region=eu"});
  CHECK(draft.verify()->groups.empty());
}

TEST_CASE("a certificate with malformed node labels, or with two lists of them, is refused") {
  TestMesh mesh;
  const auto error = [&](const char* der) {
    return Draft(mesh).add(identity::kNodeLabelsOid, der).error();
  };
  CHECK(error("DER:3000") == Errc::kCertificateBadGroups);
  CHECK(error("DER:30030c0161") == Errc::kCertificateBadGroups);    // no =
  CHECK(error("DER:30040c02613d") == Errc::kCertificateBadGroups);  // no value
  CHECK(Draft(mesh)
            .add(identity::kNodeLabelsOid, "DER:30050c03613d31")
            .add(identity::kNodeLabelsOid, "DER:30050c03623d31")
            .error() == Errc::kCertificateBadGroups);
}

TEST_CASE("a certificate with malformed groups, or with two lists of them, is refused") {
  TestMesh mesh;
  CHECK(Draft(mesh).add(identity::kGroupsOid, "DER:3000").error() == Errc::kCertificateBadGroups);
  CHECK(Draft(mesh).add(identity::kGroupsOid, "DER:30030c012a").error() ==
        Errc::kCertificateBadGroups);
  CHECK(Draft(mesh)
            .add(identity::kGroupsOid, "DER:30030c0161")
            .add(identity::kGroupsOid, "DER:30030c0162")
            .error() == Errc::kCertificateBadGroups);
}

TEST_CASE("the identity of a chain in DER is that of its leaf") {
  TestMesh mesh;
  const Draft draft(mesh);
  const std::vector<core::Bytes> chain = {draft.build().der(), mesh.root().der()};
  CHECK(verify_peer(chain, mesh.trust(), mesh.born())->name == "web-1");
}

TEST_CASE("no certificate, garbage and too many certificates are refused") {
  TestMesh mesh;
  const auto trust = mesh.trust();
  CHECK(error_of(verify_peer(nullptr, nullptr, trust, mesh.born())) == Errc::kCertificateInvalid);
  CHECK(error_of(verify_peer(std::vector<core::Bytes>{}, trust, mesh.born())) ==
        Errc::kCertificateInvalid);
  CHECK(error_of(verify_peer(std::vector<core::Bytes>{{1, 2, 3}}, trust, mesh.born())) ==
        Errc::kCertificateInvalid);
  const std::vector<core::Bytes> many(9, Draft(mesh).build().der());
  CHECK(error_of(verify_peer(many, trust, mesh.born())) == Errc::kCertificateInvalid);
}

TEST_CASE("a certificate of another mesh is not trusted, even of one with the same name") {
  TestMesh mesh;
  TestMesh other;
  CHECK(error_of(verify_peer(Draft(other).build().native(), nullptr, mesh.trust(), mesh.born())) ==
        Errc::kCertificateUntrusted);
}

TEST_CASE("a root that the peer brings along is not trusted") {
  TestMesh mesh;
  TestMesh other;
  const std::vector<core::Bytes> chain = {Draft(other).build().der(), other.root().der()};
  CHECK(error_of(verify_peer(chain, mesh.trust(), mesh.born())) == Errc::kCertificateUntrusted);
}

TEST_CASE("a self-signed node certificate is not trusted") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.set("authorityKeyIdentifier", "");
  const auto certificate = build_certificate(draft.spec, draft.key.public_key(), {draft.key});
  REQUIRE(certificate);
  CHECK(error_of(verify_peer(certificate->native(), nullptr, mesh.trust(), mesh.born())) ==
        Errc::kCertificateUntrusted);
}

TEST_CASE("a certificate that a node signed is not trusted") {
  TestMesh mesh;
  const Draft signer(mesh);
  const Certificate signer_certificate = signer.build();
  Draft draft(mesh);
  const auto certificate =
      build_certificate(draft.spec, draft.key.public_key(), {signer.key, &signer_certificate});
  REQUIRE(certificate);
  const std::vector<core::Bytes> chain = {certificate->der(), signer_certificate.der()};
  CHECK(error_of(verify_peer(chain, mesh.trust(), mesh.born())) == Errc::kCertificateUntrusted);
}

TEST_CASE("a changed certificate is not trusted") {
  TestMesh mesh;
  core::Bytes der = Draft(mesh).build().der();
  const std::string_view name = "web-1";
  const auto at = std::search(der.begin(), der.end(), name.begin(), name.end());
  REQUIRE(at != der.end());
  *at = 'v';
  CHECK(error_of(verify_peer(std::vector<core::Bytes>{der}, mesh.trust(), mesh.born())) ==
        Errc::kCertificateUntrusted);
}

TEST_CASE("a certificate is good from its first second to its last, by the given clock") {
  TestMesh mesh;
  const Draft draft(mesh);
  const core::WallTime begin = draft.spec.not_before;
  const core::WallTime end = draft.spec.not_after;
  CHECK(draft.verify_at(begin));
  CHECK(draft.verify_at(end - 1s));
  CHECK(error_of(draft.verify_at(begin - 1s)) == Errc::kCertificateNotYetValid);
  CHECK(error_of(draft.verify_at(end)) == Errc::kCertificateExpired);
}

TEST_CASE("a peer's identity ends with the first certificate of its chain") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.spec.not_after = mesh.root().not_after() + 24h;
  CHECK(draft.verify()->not_after == mesh.root().not_after());
}

TEST_CASE("a certificate for one TLS role only, or for none in particular, is refused") {
  TestMesh mesh;
  CHECK(Draft(mesh).set("extendedKeyUsage", "serverAuth").error() == Errc::kCertificatePurpose);
  CHECK(Draft(mesh).set("extendedKeyUsage", "clientAuth").error() == Errc::kCertificatePurpose);
  CHECK(Draft(mesh).set("extendedKeyUsage", "codeSigning").error() == Errc::kCertificatePurpose);
  CHECK(Draft(mesh).set("extendedKeyUsage", "").error() == Errc::kCertificatePurpose);
}

TEST_CASE("a certificate whose key may not sign is refused") {
  TestMesh mesh;
  CHECK(Draft(mesh).set("keyUsage", "critical,dataEncipherment").error() ==
        Errc::kCertificatePurpose);
}

TEST_CASE("a CA's certificate is no node's") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.set("basicConstraints", "critical,CA:TRUE")
      .set("keyUsage", "critical,keyCertSign,digitalSignature");
  CHECK(draft.error() == Errc::kCertificateInvalid);
}

TEST_CASE("an unknown critical extension is refused, an unknown other one is skipped") {
  TestMesh mesh;
  CHECK(Draft(mesh).add("2.25.1.2.3", "critical,DER:0500").error() == Errc::kCertificateInvalid);
  CHECK(Draft(mesh).add("2.25.1.2.3", "DER:0500").verify());
}

TEST_CASE("a certificate must name exactly one node by URI") {
  TestMesh mesh;
  Draft draft(mesh);
  const std::string own = uri(draft);
  const auto with = [&](const std::string& names) {
    return Draft(draft.mesh_).set("subjectAltName", names).error();
  };
  CHECK(draft.set("subjectAltName", own + "," + own).error() == Errc::kCertificateNodeUri);
  CHECK(draft.set("subjectAltName", own + ",DNS:web-1").error() == Errc::kCertificateNodeUri);
  CHECK(with("") == Errc::kCertificateNodeUri);
  CHECK(with("DNS:web-1") == Errc::kCertificateNodeUri);
  CHECK(with("URI:spiffe://mesh/web-1") == Errc::kCertificateNodeUri);
  CHECK(with("URI:runar://node/") == Errc::kCertificateNodeUri);
  CHECK(with("DER:0500") == Errc::kCertificateInvalid);
}

TEST_CASE("two extensions with names are refused") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.add("subjectAltName", uri(draft));
  CHECK_FALSE(draft.verify());
}

TEST_CASE("a node id in the common name only is refused") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.spec.common_name = identity::node_id_of(draft.key.public_key()).text();
  CHECK(draft.set("subjectAltName", "").error() == Errc::kCertificateNodeUri);
}

TEST_CASE("a node id that is not the hash of the key is refused") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.set("subjectAltName", uri(Draft(mesh)));
  CHECK(draft.error() == Errc::kCertificateNodeId);
}

TEST_CASE("a certificate without networks, with malformed ones or too many is refused") {
  TestMesh mesh;
  const auto with = [&](const std::string& value) {
    return Draft(mesh).set(identity::kNetworksOid, value).error();
  };
  std::vector<core::NetworkId> many;
  for (std::size_t i = 0; i <= identity::kMaxNetworks; ++i) {
    many.push_back(mesh.network());
  }
  CHECK(with("") == Errc::kCertificateNoNetworks);
  CHECK(with("DER:3000") == Errc::kCertificateNoNetworks);
  CHECK(with("DER:0500") == Errc::kCertificateBadNetworks);
  CHECK(with("DER:30030401ff") == Errc::kCertificateBadNetworks);
  CHECK(with("DER:" + crypto::hex(identity::encode_networks(many))) ==
        Errc::kCertificateTooManyNetworks);
}

TEST_CASE("two lists of networks are refused") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.add(identity::kNetworksOid,
            "DER:" + crypto::hex(identity::encode_networks({mesh.network()})));
  CHECK(draft.error() == Errc::kCertificateBadNetworks);
}

TEST_CASE("a common name that is no name is refused") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.spec.common_name = "web 1\n[31m";
  CHECK(draft.error() == Errc::kCertificateInvalid);
}

TEST_CASE("a key on another curve is refused") {
  TestMesh mesh;
  const Draft draft(mesh);
  const Certificate good = draft.build();
  const crypto::KeyPtr other(EVP_EC_gen("P-384"));
  const crypto::CertificatePtr copy(X509_dup(good.native()));
  REQUIRE(X509_set_pubkey(copy.get(), other.get()) == 1);
  REQUIRE(X509_sign(copy.get(), mesh.key().native(), EVP_sha256()) > 0);
  CHECK(error_of(verify_peer(copy.get(), nullptr, mesh.trust(), mesh.born())) ==
        Errc::kCertificateInvalid);
}

TEST_CASE("a certificate signed with SHA-1 is refused") {
  TestMesh mesh;
  const crypto::CertificatePtr copy(X509_dup(Draft(mesh).build().native()));
  REQUIRE(X509_sign(copy.get(), mesh.key().native(), EVP_sha1()) > 0);
  CHECK(error_of(verify_peer(copy.get(), nullptr, mesh.trust(), mesh.born())) ==
        Errc::kCertificateInvalid);
}

TEST_CASE("a denied node is refused under any certificate of its key") {
  TestMesh mesh;
  Draft draft(mesh);
  const identity::Denylist denied{{identity::node_id_of(draft.key.public_key())}, {}, {}};
  CHECK(error_of(draft.verify(denied)) == Errc::kNodeDenied);
  draft.spec.serial.fill(2);
  CHECK(error_of(draft.verify(denied)) == Errc::kNodeDenied);
  CHECK(Draft(mesh).verify(denied));
}

TEST_CASE("a network that is denied to a node is taken from it, the last one refuses it") {
  TestMesh mesh;
  Draft draft(mesh);
  const auto id = identity::node_id_of(draft.key.public_key());
  const auto second = mesh.network();
  draft.set(identity::kNetworksOid,
            "DER:" + crypto::hex(identity::encode_networks({draft.network, second})));
  identity::Denylist denied{{}, {{id, second}}, {}};
  CHECK(draft.verify(denied)->networks == std::vector{draft.network});
  denied.memberships.insert({id, draft.network});
  CHECK(error_of(draft.verify(denied)) == Errc::kNodeDenied);
}

TEST_CASE("an issuing CA below the root can sign, its own CA can't") {
  TestMesh mesh;
  const auto ca = [&](const PrivateKey& key, const std::string& name, const crypto::Issuer& by) {
    crypto::CertificateSpec spec;
    spec.common_name = name;
    spec.not_before = mesh.born() - 5min;
    spec.not_after = mesh.born() + 30min;
    spec.extensions = identity::authority_extensions(key.public_key());
    spec.extensions[0].value = "critical,CA:TRUE,pathlen:0";
    spec.extensions.push_back({"authorityKeyIdentifier", "keyid:always"});
    return *build_certificate(spec, key.public_key(), by);
  };
  const auto issuing_key = PrivateKey::generate();
  const auto deeper_key = PrivateKey::generate();
  const Certificate issuing = ca(*issuing_key, "issuing CA", {mesh.key(), &mesh.root()});
  const Certificate deeper = ca(*deeper_key, "deeper CA", {*issuing_key, &issuing});
  const Draft draft(mesh);
  const auto leaf_by = [&](const PrivateKey& key, const Certificate& by) {
    return build_certificate(draft.spec, draft.key.public_key(), {key, &by})->der();
  };

  const std::vector<core::Bytes> good = {leaf_by(*issuing_key, issuing), issuing.der()};
  const auto peer = verify_peer(good, mesh.trust(), mesh.born());
  REQUIRE(peer);
  CHECK(peer->not_after == mesh.born() + 30min);

  const std::vector<core::Bytes> deep = {leaf_by(*deeper_key, deeper), deeper.der(), issuing.der()};
  CHECK(error_of(verify_peer(deep, mesh.trust(), mesh.born())) == Errc::kCertificateUntrusted);
}

TEST_CASE("in a TLS callback the reason becomes the context's error and nothing is queued") {
  TestMesh mesh;
  const Certificate good = Draft(mesh).build();
  const crypto::StoreContextPtr context(X509_STORE_CTX_new());
  REQUIRE(X509_STORE_CTX_init(context.get(), nullptr, good.native(), nullptr) == 1);
  ERR_clear_error();

  CHECK(verify_peer(context.get(), mesh.trust(), mesh.born()));
  CHECK(X509_STORE_CTX_get_error(context.get()) == X509_V_OK);
  CHECK_FALSE(verify_peer(context.get(), mesh.trust(), mesh.born() + 2h));
  CHECK(X509_STORE_CTX_get_error(context.get()) == X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK_FALSE(verify_peer(context.get(), TestMesh().trust(), mesh.born()));
  CHECK(X509_STORE_CTX_get_error(context.get()) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("an error about a peer's certificate repeats nothing of the peer's") {
  TestMesh mesh;
  Draft draft(mesh);
  draft.set("subjectAltName", "URI:runar://node/sentinel,DNS:sentinel");
  draft.spec.common_name = "sentinel";
  CHECK(draft.verify().error().about.find("sentinel") == std::string::npos);
}

TEST_CASE("only root CAs can be trusted, one to eight of them") {
  TestMesh mesh;
  CHECK_FALSE(identity::TrustBundle::create({}));
  CHECK_FALSE(identity::TrustBundle::create({Draft(mesh).build()}));
  CHECK(identity::TrustBundle::create(std::vector(8, mesh.root())));
  CHECK_FALSE(identity::TrustBundle::create(std::vector(9, mesh.root())));
}
