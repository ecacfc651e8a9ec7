// Statements for tests, of a TestMesh.
#pragma once

#include <optional>
#include <vector>

#include "identity/denied.h"
#include "identity/statement.h"
#include "identity/trust_roots.h"
#include "support/test_mesh.h"

namespace runard::test {

inline identity::Claim claim(identity::StatementKind kind, std::uint64_t generation,
                             core::Bytes body, identity::SubjectId subject = {}) {
  return {{kind, subject}, generation, kMeshBorn, std::move(body)};
}

inline identity::DeniedEntry denied_node(const core::NodeId& node, std::int64_t until_ms = 0) {
  return {identity::DeniedWhat::kNode, node, {}, {}, until_ms, "lost"};
}

inline identity::Statement denylist(const crypto::PrivateKey& key, std::uint64_t generation,
                                    std::vector<identity::DeniedEntry> entries) {
  return *identity::Statement::sign(
      claim(identity::StatementKind::kDenylist, generation, *identity::encode_denied(entries)),
      key);
}

inline identity::Statement trust_statement(const crypto::PrivateKey& key, std::uint64_t generation,
                                           const std::vector<crypto::Certificate>& roots) {
  return *identity::Statement::sign(
      claim(identity::StatementKind::kTrust, generation, identity::encode_trust_roots(roots)), key);
}

inline identity::SubjectId some_subject(std::uint8_t byte) {
  identity::SubjectId subject;
  subject.bytes.fill(byte);
  return subject;
}

inline identity::Statement network_statement(const crypto::PrivateKey& key,
                                             std::uint64_t generation, std::uint8_t network,
                                             core::Bytes body = {1}) {
  return *identity::Statement::sign(
      claim(identity::StatementKind::kNetwork, generation, std::move(body), some_subject(network)),
      key);
}

inline identity::Statement profile_statement(const crypto::PrivateKey& key,
                                             std::uint64_t generation, core::Bytes body = {1}) {
  return *identity::Statement::sign(claim(identity::StatementKind::kProfile, generation,
                                          std::move(body), identity::subject_of(key.public_key())),
                                    key);
}

// A CA below the mesh's root, which may sign nodes.
struct IssuingCa {
  explicit IssuingCa(const TestMesh& mesh, core::Duration lifetime = std::chrono::hours(24))
      : key(*crypto::PrivateKey::generate()), certificate(issue(mesh, lifetime)) {}

  crypto::Certificate issue(const TestMesh& mesh, core::Duration lifetime) {
    crypto::CertificateSpec spec;
    spec.common_name = "issuing";
    spec.serial[0] = 0x41;
    spec.not_before = mesh.born();
    spec.not_after = mesh.born() + lifetime;
    spec.extensions = {{"basicConstraints", "critical,CA:TRUE,pathlen:0"},
                       {"keyUsage", "critical,keyCertSign,cRLSign"},
                       {"subjectKeyIdentifier", "hash"},
                       {"authorityKeyIdentifier", "keyid:always"}};
    const crypto::Certificate root = mesh.root();
    return *crypto::build_certificate(spec, key.public_key(), {mesh.key(), &root});
  }

  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

}  // namespace runard::test
