#include "identity/trust_roots.h"

#include <algorithm>

#include "core/check.h"
#include "identity/byte_reader.h"
#include "identity/trust_bundle.h"

namespace runard::identity {
namespace {

constexpr std::uint8_t kVersion = 1;

core::Error invalid(const char* what) {
  return core::fail(core::Errc::kStatementInvalid, what);
}

}  // namespace

core::Bytes encode_trust_roots(const std::vector<crypto::Certificate>& roots) {
  RUNARD_CHECK(!roots.empty() && roots.size() <= kMaxRoots);
  core::Bytes body = {kVersion, static_cast<std::uint8_t>(roots.size())};
  for (const crypto::Certificate& root : roots) {
    const core::Bytes der = root.der();
    put_number(body, der.size(), 2);
    put_bytes(body, der);
  }
  return body;
}

core::Result<std::vector<crypto::Certificate>> parse_trust_roots(core::ByteView body) {
  ByteReader in(body);
  if (in.number(1) != kVersion) {
    return invalid("root CAs in an unknown version");
  }
  const std::uint64_t count = in.number(1);
  if (count == 0 || count > kMaxRoots) {
    return invalid("a trust statement has 1 to 8 root CAs");
  }
  std::vector<crypto::Certificate> roots;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto root = crypto::Certificate::from_der(in.counted(2));
    if (!root || !root->is_authority() || !root->is_self_issued()) {
      return invalid("a trust statement has a certificate that is no root CA's");
    }
    if (std::ranges::find(roots, *root) != roots.end()) {
      return invalid("a trust statement has a root CA twice");
    }
    roots.push_back(std::move(*root));
  }
  return in.finished() ? core::Result<std::vector<crypto::Certificate>>(std::move(roots))
                       : invalid("a trust statement is cut off or too long");
}

}  // namespace runard::identity
