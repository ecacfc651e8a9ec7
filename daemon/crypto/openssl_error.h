// OpenSSL's error queue as an Error.
//
// Threading: the queue belongs to the thread. Every function of this module leaves it as it found
// it, so a caller inside a TLS callback keeps what TLS put there.
#pragma once

#include <openssl/err.h>

#include <string_view>

#include "core/result.h"

namespace runard::crypto {

// `about`, then the reason of the newest entry since the last ErrorScope. Only OpenSSL's constant
// reason strings are used, never the data of an entry: no key material can get into the text.
core::Error openssl_fail(core::Errc code, std::string_view about);

// Forgets, when it ends, what was queued since it began.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

}  // namespace runard::crypto
