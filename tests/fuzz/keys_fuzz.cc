// links: keys
// What comes to a node or a CA about keys: a network's keyring, a profile's certificate, a node's
// agreement key, a profile's key for a node, a request. What parses is written back as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "keys/agreement_record.h"
#include "keys/delegation.h"
#include "keys/network_keyring.h"
#include "keys/node_request.h"
#include "keys/profile_certificate.h"

namespace {

using runard::core::ByteView;

template <class T>
void check_round_trip(ByteView bytes) {
  if (const auto parsed = T::parse(bytes)) {
    RUNARD_CHECK(std::ranges::equal(parsed->bytes(), bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_round_trip<runard::keys::NetworkKeyring>(bytes);
  check_round_trip<runard::keys::ProfileCertificate>(bytes);
  check_round_trip<runard::keys::Delegation>(bytes);
  (void)runard::keys::verify_own_agreement(bytes);
  (void)runard::keys::NodeRequest::from_pem(runard::core::as_text(bytes));
  return 0;
}
