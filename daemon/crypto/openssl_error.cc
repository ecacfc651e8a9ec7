#include "crypto/openssl_error.h"

#include <fmt/format.h>

namespace runard::crypto {

core::Error openssl_fail(core::Errc code, std::string_view about) {
  const unsigned long entry = ERR_count_to_mark() > 0 ? ERR_peek_last_error() : 0;
  const char* reason = entry == 0 ? nullptr : ERR_reason_error_string(entry);
  return core::fail(code,
                    reason == nullptr ? std::string(about) : fmt::format("{}: {}", about, reason));
}

}  // namespace runard::crypto
