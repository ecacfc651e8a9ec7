#include "identity/fingerprint.h"

#include <algorithm>
#include <charconv>

namespace runard::identity {
namespace {
constexpr std::string_view kPrefix = "SHA256:";
}

std::string fingerprint_text(const crypto::Certificate& certificate) {
  return std::string(kPrefix) + crypto::hex(certificate.fingerprint());
}

std::optional<crypto::Sha256> parse_fingerprint(std::string_view text) {
  if (!text.starts_with(kPrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kPrefix.size());
  crypto::Sha256 digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    if (i > 0 && text.starts_with(':')) {
      text.remove_prefix(1);
    }
    const char* end = text.data() + std::min<std::size_t>(text.size(), 2);
    const auto [stop, error] = std::from_chars(text.data(), end, digest[i], 16);
    if (error != std::errc() || stop != text.data() + 2) {
      return std::nullopt;
    }
    text.remove_prefix(2);
  }
  return text.empty() ? std::optional(digest) : std::nullopt;
}

}  // namespace runard::identity
