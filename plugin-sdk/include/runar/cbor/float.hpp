// The three float widths of CBOR: decoding half precision, and finding the shortest width that
// keeps a value (RFC 8949 sections 3.3 and 4.2.1, appendix D).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace runar::cbor::detail {

inline double decode_half(std::uint16_t bits) noexcept {
  const int exponent = (bits >> 10) & 0x1F;
  const double mantissa = bits & 0x3FF;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

// True when `value` is exactly a half float; its bits in `out`.
inline bool fits_half(float value, std::uint16_t& out) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  const int exponent = static_cast<int>((bits >> 23) & 0xFF) - 127;
  const std::uint32_t mantissa = bits & 0x7FFFFF;
  std::uint32_t half = 0;
  if (exponent == 128) {
    half = 0x7C00 | (mantissa >> 13);
  } else if (exponent == -127 && mantissa == 0) {
    half = 0;
  } else if (exponent >= -14 && exponent <= 15) {
    if ((mantissa & 0x1FFF) != 0) {
      return false;
    }
    half = static_cast<std::uint32_t>(exponent + 15) << 10 | mantissa >> 13;
  } else if (exponent >= -24 && exponent < -14) {
    const std::uint32_t full = mantissa | 0x800000;
    const int shift = -exponent - 1;  // subnormal: the unit is 2^-24
    if ((full & ((1U << shift) - 1)) != 0) {
      return false;
    }
    half = full >> shift;
  } else {
    return false;
  }
  out = static_cast<std::uint16_t>(sign | half);
  return true;
}

inline bool fits_float(double value, float& out) noexcept {
  if (std::isfinite(value) && std::fabs(value) > std::numeric_limits<float>::max()) {
    return false;
  }
  out = static_cast<float>(value);
  return static_cast<double>(out) == value;
}

}  // namespace runar::cbor::detail
