#include "enroll/token.h"

#include <algorithm>

#include "crypto/base64url.h"
#include "wire/cbor.h"

namespace runard::enroll {
namespace {

using core::Errc;
using std::chrono::milliseconds;

constexpr std::string_view kPrefix = "rnt1.";

enum Key : std::uint64_t { kAddresses = 1, kRoot = 2, kId = 3, kSecret = 4, kExpires = 5 };
constexpr std::size_t kKeys = 5;

core::Error bad(const char* why) {
  return core::fail(Errc::kTokenInvalid, why);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

template <std::size_t N>
void read_exactly(wire::CborReader& reader, std::array<std::uint8_t, N>& out) {
  const core::ByteView bytes = reader.bytes();
  if (bytes.size() != N) {
    return reader.fail();
  }
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

void read_field(wire::CborReader& reader, std::uint64_t key, Token& token) {
  switch (key) {
    case kAddresses:
      return reader.array(kMaxTokenAddresses, [&] {
        const std::string_view text = reader.text();
        if (text.empty() || text.size() > kMaxAddressText) {
          return reader.fail();
        }
        token.addresses.emplace_back(text);
      });
    case kRoot:
      return read_exactly(reader, token.root);
    case kId:
      return read_exactly(reader, token.id.bytes);
    case kSecret:
      token.secret = crypto::SecretBytes::copy_of(reader.bytes());
      return;
    case kExpires:
      token.expires = core::WallTime(milliseconds(
          std::min<std::uint64_t>(reader.number(), std::uint64_t{1} << 42)));  // year 2109
      return;
    default:
      reader.skip();
  }
}

}  // namespace

Token Token::create(core::Random& random) {
  Token token;
  random.fill(token.id.bytes);
  token.secret = crypto::SecretBytes(kSecretSize);
  random.fill(token.secret.bytes());
  return token;
}

core::Result<Token> Token::parse(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with(kPrefix)) {
    return bad("a token begins with rnt1.");
  }
  if (text.size() > kMaxTokenText) {
    return bad("too long for a token");
  }
  const auto body = crypto::parse_base64url(text.substr(kPrefix.size()));
  if (!body) {
    return bad("not base64url: was all of it copied?");
  }
  Token token;
  std::size_t known = 0;
  wire::CborReader reader(body->view());
  reader.map([&](std::uint64_t key) {
    known += key >= 1 && key <= kKeys ? 1 : 0;
    read_field(reader, key, token);
  });
  if (!reader.done() || known != kKeys || token.addresses.empty() ||
      token.secret.size() != kSecretSize) {
    return bad("not the content of a token");
  }
  return token;
}

crypto::SecretBytes Token::text() const {
  core::Bytes body;
  body.reserve(kMaxTokenText);  // no copy of the secret is left behind
  wire::CborWriter writer(body);
  writer.map(kKeys);
  writer.key(kAddresses);
  writer.array(addresses.size());
  for (const std::string& address : addresses) {
    writer.text(address);
  }
  writer.key(kRoot);
  writer.bytes(root);
  writer.key(kId);
  writer.bytes(id.bytes);
  writer.key(kSecret);
  writer.bytes(secret.view());
  writer.key(kExpires);
  writer.number(static_cast<std::uint64_t>(
      std::chrono::duration_cast<milliseconds>(expires.time_since_epoch()).count()));
  const crypto::SecretBytes encoded = crypto::base64url(body);
  crypto::cleanse(body);
  crypto::SecretBytes text(kPrefix.size() + encoded.size());
  std::copy(kPrefix.begin(), kPrefix.end(), text.bytes().begin());
  std::copy(encoded.view().begin(), encoded.view().end(),
            text.bytes().subspan(kPrefix.size()).begin());
  return text;
}

crypto::Sha256 root_pin(const crypto::PublicKey& root) {
  return crypto::sha256(root.spki());
}

}  // namespace runard::enroll
