// links: identity
// A statement that parses is byte for byte what came in, its text gives it back, and none that a
// byte of was changed proves anything. The bodies of trust and denylist statements: what parses is
// what is written again.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "core/random.h"
#include "identity/denied.h"
#include "identity/issue.h"
#include "identity/statement.h"
#include "identity/trust_roots.h"

namespace {

using namespace runard;
using identity::Statement;

constexpr core::WallTime kNow(std::chrono::seconds(1'750'000'000));

struct Mesh {
  Mesh()
      : key(*crypto::PrivateKey::generate()),
        root(*identity::issue_root(key, "fuzz", std::chrono::hours(24), kNow, random)),
        trust(*identity::TrustBundle::create({root})),
        statement(*Statement::sign(
            {{identity::StatementKind::kTrust, {}}, 1, kNow, identity::encode_trust_roots({root})},
            key)) {}
  core::SystemRandom random;
  crypto::PrivateKey key;
  crypto::Certificate root;
  identity::TrustBundle trust;
  Statement statement;
};

void check_parsed(core::ByteView bytes, const Mesh& mesh) {
  const auto statement = Statement::parse(bytes);
  if (!statement) {
    return;
  }
  RUNARD_CHECK(statement->bytes() == core::Bytes(bytes.begin(), bytes.end()));
  const auto again = Statement::parse_pem(statement->pem());
  RUNARD_CHECK(again && again->size() == 1 && again->front().bytes() == statement->bytes());
  const bool proven = statement->verify(mesh.trust, kNow).has_value();
  RUNARD_CHECK(!proven || statement->key().kind == identity::StatementKind::kProfile ||
               statement->same_content(mesh.statement));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Mesh mesh;
  const core::ByteView bytes(data, size);
  check_parsed(bytes, mesh);
  core::Bytes damaged = mesh.statement.bytes();
  for (std::size_t i = 0; i + 2 < size && i < 30; i += 3) {
    damaged[(data[i] | data[i + 1] << 8) % damaged.size()] ^= data[i + 2];
  }
  check_parsed(damaged, mesh);
  if (const auto entries = identity::parse_denied(bytes)) {
    RUNARD_CHECK(*identity::encode_denied(*entries) == core::Bytes(bytes.begin(), bytes.end()));
    (void)identity::in_force(*entries, kNow);
  }
  if (const auto roots = identity::parse_trust_roots(bytes)) {
    RUNARD_CHECK(identity::encode_trust_roots(*roots) == core::Bytes(bytes.begin(), bytes.end()));
  }
  return 0;
}
