#include "identity/trust_bundle.h"

#include <fmt/format.h>

namespace runard::identity {

core::Result<TrustBundle> TrustBundle::create(std::vector<crypto::Certificate> roots,
                                              Denylist denied) {
  if (roots.empty() || roots.size() > kMaxRoots) {
    return core::fail(
        core::Errc::kCertificateInvalid,
        fmt::format("{} root certificates, expected 1 to {}", roots.size(), kMaxRoots));
  }
  auto store = crypto::TrustStore::create(roots);
  if (!store) {
    return store.error();
  }
  return TrustBundle(std::move(*store), std::move(roots), std::move(denied));
}

}  // namespace runard::identity
