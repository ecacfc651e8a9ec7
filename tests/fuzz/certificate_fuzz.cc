// links: identity
// What a stranger shows as its certificate chain (here one certificate and one CA after it), and
// what an operator is handed as a request.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "crypto/pem.h"
#include "crypto/request.h"
#include "identity/certificate.h"
#include "identity/groups.h"
#include "identity/networks.h"
#include "identity/node_labels.h"
#include "identity/profile.h"
#include "support/test_mesh.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runard;
  static const auto trust = test::TestMesh().trust();
  const core::ByteView input(data, size);
  const std::vector<core::Bytes> chain = {{input.begin(), input.end()}};
  RUNARD_CHECK(!identity::verify_peer(chain, trust, test::kMeshBorn));
  if (const auto ids = identity::parse_networks(input)) {
    RUNARD_CHECK(std::ranges::equal(identity::encode_networks(*ids), input));
  }
  if (const auto groups = identity::parse_groups(input)) {
    RUNARD_CHECK(identity::checked_groups(*groups).value() == *groups);
    RUNARD_CHECK(std::ranges::equal(identity::encode_groups(*groups), input));
  }
  if (const auto labels = identity::parse_node_labels(input)) {
    RUNARD_CHECK(identity::checked_node_labels(*labels).value() == *labels);
    RUNARD_CHECK(std::ranges::equal(identity::encode_node_labels(*labels), input));
  }
  if (const auto list = identity::SignedNetworks::parse(input)) {
    RUNARD_CHECK(std::ranges::equal(list->bytes(), input));
  }
  if (!input.empty()) {
    (void)crypto::SigningRequest::from_pem(crypto::write_pem("CERTIFICATE REQUEST", input));
  }
  return 0;
}
