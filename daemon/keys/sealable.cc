#include "keys/sealable.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "crypto/digest.h"

namespace runard::keys {
namespace {

// Coordinates of the points of order 1, 2, 4 and 8 on the curve and its twist, little-endian, also
// in those forms that are not below the prime: 0, 1, two of order 8, p - 1, p, p + 1.
constexpr std::array<std::string_view, 7> kLowOrder{
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

}  // namespace

bool can_be_sealed_to(std::uint32_t version, const crypto::AgreementPublicKey& key) {
  core::Bytes coordinate(key.raw().begin(), key.raw().end());
  coordinate.back() &= 0x7f;  // the highest bit says nothing
  return version < UINT32_MAX &&
         std::ranges::find(kLowOrder, crypto::hex(coordinate)) == kLowOrder.end();
}

}  // namespace runard::keys
