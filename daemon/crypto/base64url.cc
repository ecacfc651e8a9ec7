#include "crypto/base64url.h"

#include <openssl/evp.h>

#include <algorithm>

#include "crypto/constant_time.h"

namespace runard::crypto {
namespace {

bool in_alphabet(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

SecretBytes base64url(core::ByteView bytes) {
  SecretBytes padded((bytes.size() + 2) / 3 * 4 + 1);  // OpenSSL adds a zero
  const int size =
      EVP_EncodeBlock(padded.bytes().data(), bytes.data(), static_cast<int>(bytes.size()));
  auto text = padded.bytes().first(static_cast<std::size_t>(size));
  std::replace(text.begin(), text.end(), static_cast<std::uint8_t>('+'),
               static_cast<std::uint8_t>('-'));
  std::replace(text.begin(), text.end(), static_cast<std::uint8_t>('/'),
               static_cast<std::uint8_t>('_'));
  return SecretBytes::copy_of(text.first((bytes.size() * 8 + 5) / 6));
}

std::optional<SecretBytes> parse_base64url(std::string_view text) {
  if (text.size() % 4 == 1 || !std::all_of(text.begin(), text.end(), in_alphabet)) {
    return std::nullopt;
  }
  SecretBytes padded((text.size() + 3) / 4 * 4);
  const auto out = padded.bytes();
  std::fill(out.begin(), out.end(), static_cast<std::uint8_t>('='));
  std::transform(text.begin(), text.end(), out.begin(), [](char c) {
    return static_cast<std::uint8_t>(c == '-' ? '+' : c == '_' ? '/' : c);
  });
  SecretBytes decoded(padded.size() / 4 * 3);
  if (EVP_DecodeBlock(decoded.bytes().data(), out.data(), static_cast<int>(out.size())) < 0) {
    return std::nullopt;
  }
  SecretBytes exact = SecretBytes::copy_of(decoded.view().first(text.size() * 6 / 8));
  // Bits that no byte uses are zero.
  const SecretBytes again = base64url(exact.view());
  return equal_in_constant_time(again.view(), core::as_bytes(text))
             ? std::optional(std::move(exact))
             : std::nullopt;
}

}  // namespace runard::crypto
