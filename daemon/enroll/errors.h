// The error codes of this module; core/error_table.cc says what they mean.
#pragma once

#include "core/errors.h"

namespace runard::enroll {

inline constexpr auto kTokenInvalid = static_cast<core::Errc>(4201);
inline constexpr auto kTokenExpired = static_cast<core::Errc>(4202);
inline constexpr auto kEnrolmentRefused = static_cast<core::Errc>(4203);
inline constexpr auto kEnrolmentDenied = static_cast<core::Errc>(4204);
inline constexpr auto kEnrolmentExpired = static_cast<core::Errc>(4205);
inline constexpr auto kRenewalRefused = static_cast<core::Errc>(4206);

}  // namespace runard::enroll
