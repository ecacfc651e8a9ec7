// links: crypto
// A node's request from a stranger: refused, or its signature was good and its text is canonical.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "crypto/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using runard::crypto::SigningRequest;
  const auto request = SigningRequest::from_pem(runard::core::as_text({data, size}));
  if (request) {
    const auto again = SigningRequest::from_pem(request->pem());
    RUNARD_CHECK(again.has_value() && again->public_key() == request->public_key());
  }
  return 0;
}
