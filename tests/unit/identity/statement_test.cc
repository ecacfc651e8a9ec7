#include "identity/statement.h"

#include <catch2/catch_test_macros.hpp>

#include "crypto/pem.h"
#include "support/hex.h"
#include "support/result_text.h"
#include "support/statements.h"

using namespace runard;
using namespace runard::test;
using namespace std::chrono_literals;
using core::Errc;
using identity::Statement;
using identity::StatementKind;

TEST_CASE("a statement survives its bytes and its text, and its mesh believes it") {
  const TestMesh mesh;
  const Statement made = network_statement(mesh.key(), 7, 0x22, {1, 2, 3});

  const auto parsed = Statement::parse(made.bytes());
  const auto from_text = Statement::parse_pem(made.pem() + made.pem());

  REQUIRE(parsed);
  CHECK(parsed->key() == identity::StatementKey{StatementKind::kNetwork, some_subject(0x22)});
  CHECK(parsed->generation() == 7);
  CHECK(parsed->issued() == mesh.born());
  CHECK(core::Bytes(parsed->body().begin(), parsed->body().end()) == core::Bytes{1, 2, 3});
  CHECK(parsed->verify(mesh.trust(), mesh.born()));
  REQUIRE(from_text);
  CHECK(from_text->size() == 2);
  CHECK(from_text->front().bytes() == made.bytes());
}

TEST_CASE("a statement's first bytes are those of the table") {
  const TestMesh mesh;
  const Statement made = network_statement(mesh.key(), 0x0102, 0x22, {0xaa, 0xbb});
  CHECK(crypto::hex(core::ByteView(made.bytes()).first(1 + 1 + 16 + 8 + 8 + 4 + 2)) ==
        "01"
        "03"
        "22222222222222222222222222222222"
        "0000000000000102"
        "00000197746e8b80"
        "00000002"
        "aabb");
}

TEST_CASE("a statement of another mesh's CA, or of a node, is not believed") {
  TestMesh mesh;
  const TestMesh other;
  const auto node = mesh.node("web-1", {mesh.network()});
  CHECK(denylist(other.key(), 1, {}).verify(mesh.trust(), mesh.born()).error().code ==
        Errc::kStatementUntrusted);
  CHECK(denylist(node->key, 1, {}).verify(mesh.trust(), mesh.born()).error().code ==
        Errc::kStatementUntrusted);
  const auto chained =
      Statement::sign(claim(StatementKind::kDenylist, 1, *identity::encode_denied({})), node->key,
                      std::vector{node->certificate});
  REQUIRE(chained);
  CHECK(chained->verify(mesh.trust(), mesh.born()).error().code == Errc::kStatementUntrusted);
}

TEST_CASE("T18: no byte of a statement can be changed") {
  const TestMesh mesh;
  const Statement made = denylist(mesh.key(), 1, {denied_node({})});
  for (std::size_t i = 0; i < made.bytes().size(); ++i) {
    core::Bytes bytes = made.bytes();
    bytes[i] ^= 1;
    const auto parsed = Statement::parse(bytes);
    CHECK((!parsed || !parsed->verify(mesh.trust(), mesh.born())));
  }
}

TEST_CASE("an issuing CA may deny and speak for networks, but not say who is trusted") {
  const TestMesh mesh;
  const IssuingCa issuing(mesh);
  const std::vector chain{issuing.certificate};
  const auto denied = Statement::sign(
      claim(StatementKind::kDenylist, 1, *identity::encode_denied({})), issuing.key, chain);
  const auto network =
      Statement::sign(claim(StatementKind::kNetwork, 1, {1}, some_subject(1)), issuing.key, chain);
  REQUIRE(denied);
  REQUIRE(network);
  CHECK(denied->verify(mesh.trust(), mesh.born()));
  CHECK(network->verify(mesh.trust(), mesh.born()));
  CHECK(denied->verify(mesh.trust(), mesh.born() + 25h).error().code == Errc::kStatementUntrusted);
  const auto body = identity::encode_trust_roots({mesh.root()});
  CHECK(Statement::sign(claim(StatementKind::kTrust, 1, body), issuing.key, chain).error().code ==
        Errc::kInvalidArgument);
  CHECK(trust_statement(issuing.key, 1, {mesh.root()})
            .verify(mesh.trust(), mesh.born())
            .error()
            .code == Errc::kStatementUntrusted);
}

TEST_CASE("a statement by an issuing CA whose key is denied is not believed") {
  const TestMesh mesh;
  const IssuingCa issuing(mesh);
  identity::Denylist denied;
  denied.keys.insert(crypto::sha256(issuing.key.public_key().spki()));
  const auto statement = Statement::sign(claim(StatementKind::kNetwork, 1, {1}, some_subject(1)),
                                         issuing.key, std::vector{issuing.certificate});
  REQUIRE(statement);
  CHECK(statement->verify(mesh.trust(), mesh.born()));
  CHECK(statement->verify(mesh.trust(denied), mesh.born()).error().code ==
        Errc::kStatementUntrusted);
}

TEST_CASE("a profile speaks for itself only") {
  const TestMesh mesh;
  const auto user = *crypto::PrivateKey::generate();
  CHECK(profile_statement(user, 1).verify(mesh.trust(), mesh.born()));
  const auto foreign = Statement::sign(
      claim(StatementKind::kProfile, 1, {1}, identity::subject_of(user.public_key())), mesh.key());
  REQUIRE(foreign);
  CHECK(foreign->verify(mesh.trust(), mesh.born()).error().code == Errc::kStatementUntrusted);
}

TEST_CASE("a statement from the future is refused, within a minute it is not") {
  const TestMesh mesh;
  const Statement made = denylist(mesh.key(), 1, {});
  CHECK(made.verify(mesh.trust(), mesh.born() - 60s));
  CHECK(made.verify(mesh.trust(), mesh.born() - 61s).error().code == Errc::kStatementFuture);
}

TEST_CASE("claims that can't be are not signed") {
  const TestMesh mesh;
  const auto refused = [&](identity::Claim bad) {
    const auto made = Statement::sign(std::move(bad), mesh.key());
    return !made && made.error().code == Errc::kInvalidArgument;
  };
  CHECK(refused(claim(StatementKind::kNetwork, 1, {1})));                    // no subject
  CHECK(refused(claim(StatementKind::kDenylist, 1, {1}, some_subject(1))));  // a subject
  CHECK(refused(claim(static_cast<StatementKind>(5), 1, {1}, some_subject(1))));
  CHECK(refused(claim(StatementKind::kDenylist, 0, {1})));
  CHECK(refused(claim(StatementKind::kDenylist, UINT64_MAX, {1})));
  CHECK(refused(claim(StatementKind::kDenylist, 1, {})));
  CHECK(refused(claim(StatementKind::kDenylist, 1, core::Bytes(identity::kMaxStatementBody + 1))));
  CHECK(refused(claim(StatementKind::kProfile, 1, core::Bytes(identity::kMaxProfileBody + 1),
                      some_subject(1))));
}

TEST_CASE("T3: text and bytes that are no statements are refused") {
  const TestMesh mesh;
  const Statement made = denylist(mesh.key(), 1, {});
  for (std::size_t size = 0; size < made.bytes().size() - 72; ++size) {
    CHECK(Statement::parse(core::ByteView(made.bytes()).first(size)).error().code ==
          Errc::kStatementInvalid);
  }
  CHECK(!Statement::parse(core::Bytes(identity::kMaxStatement + 1, 1)));
  CHECK(!Statement::parse_pem(""));
  CHECK(!Statement::parse_pem("text\n" + made.pem()));
  CHECK(!Statement::parse_pem(made.pem() + mesh.root().pem()));
  core::Bytes longer = made.bytes();
  longer.resize(longer.size() + 80);
  CHECK(!Statement::parse(longer));
}

TEST_CASE("a denylist has one form, and entries end when their time is over") {
  const TestMesh mesh;
  core::NodeId node;
  node.bytes.fill(7);
  core::NetworkId network;
  network.bytes.fill(9);
  const identity::DeniedEntry membership{
      identity::DeniedWhat::kMembership, node, network, {}, 2000, "moved"};
  const identity::DeniedEntry key{identity::DeniedWhat::kKey, {}, {}, {1}, 0, ""};
  const auto body = identity::encode_denied({membership, denied_node(node), key});
  REQUIRE(body);
  const auto entries = identity::parse_denied(*body);
  REQUIRE(entries);
  CHECK(*identity::encode_denied(*entries) == *body);
  const auto before = identity::in_force(*entries, core::WallTime(1999ms));
  CHECK(before.memberships.contains({node, network}));
  CHECK(before.nodes.contains(node));
  CHECK(before.keys.size() == 1);
  CHECK(identity::in_force(*entries, core::WallTime(2000ms)).memberships.empty());

  CHECK(!identity::encode_denied({denied_node(node), denied_node(node, 5)}));
  CHECK(!identity::encode_denied(
      {{identity::DeniedWhat::kNode, node, {}, {}, 0, std::string(61, 'x')}}));
  CHECK(!identity::encode_denied({{identity::DeniedWhat::kNode, node, {}, {}, 0, "a\nb"}}));
  CHECK(!identity::encode_denied({{identity::DeniedWhat::kNode, node, {}, {}, -1, ""}}));
  for (std::size_t size = 0; size < body->size(); ++size) {
    CHECK(!identity::parse_denied(core::ByteView(*body).first(size)));
  }
  core::Bytes longer = *body;
  longer.push_back(0);
  CHECK(!identity::parse_denied(longer));
}

TEST_CASE("a full denylist fits into one statement") {
  const TestMesh mesh;
  std::vector<identity::DeniedEntry> entries;
  for (std::size_t i = 0; i < identity::kMaxDenied; ++i) {
    identity::DeniedEntry entry{identity::DeniedWhat::kMembership,     {}, {}, {}, 1,
                                std::string(identity::kMaxReason, 'r')};
    entry.node.bytes[0] = static_cast<std::uint8_t>(i);
    entry.node.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    entries.push_back(entry);
  }
  const Statement full = denylist(mesh.key(), 1, entries);
  CHECK(Statement::parse_pem(full.pem()));
  entries.push_back(denied_node({}));
  CHECK(!identity::encode_denied(entries));
}

TEST_CASE("a trust statement's roots have one form and are root CAs") {
  const TestMesh mesh;
  const TestMesh other;
  const IssuingCa issuing(mesh);
  const auto body = identity::encode_trust_roots({mesh.root(), other.root()});
  const auto roots = identity::parse_trust_roots(body);
  REQUIRE(roots);
  CHECK(*roots == std::vector{mesh.root(), other.root()});
  for (std::size_t size = 0; size < body.size(); ++size) {
    CHECK(!identity::parse_trust_roots(core::ByteView(body).first(size)));
  }
  CHECK(!identity::parse_trust_roots(identity::encode_trust_roots({issuing.certificate})));
  CHECK(!identity::parse_trust_roots(identity::encode_trust_roots({mesh.root(), mesh.root()})));
}
