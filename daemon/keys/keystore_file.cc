#include "keys/keystore_file.h"

#include <algorithm>

#include "core/check.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "keys/keystore_body.h"

namespace runard::keys {
namespace {

using core::Errc;

constexpr std::string_view kMagic = "RKS1";
constexpr std::size_t kHeadSize = 6;  // magic and the header's length
constexpr std::string_view kBodyInfo = "runard v1 keystore";
// Each generation has a salt and so a key of its own, which encrypts once.
constexpr std::uint8_t kNonce[crypto::kAeadNonceSize] = {};

using BodyKey = crypto::SecretArray<crypto::kAeadKeySize>;

void derive(const crypto::SecretBytes& kek, core::ByteView salt, BodyKey& key) {
  crypto::Hkdf hkdf;
  hkdf.set_salt(salt);
  hkdf.extract(kek.view());
  RUNARD_CHECK(hkdf.expand(core::as_bytes(kBodyInfo), key.bytes()));
}

core::Error damaged(const char* what) {
  return core::fail(Errc::kKeystoreDamaged, what);
}

}  // namespace

core::Result<KeystoreFile> KeystoreFile::parse(core::Bytes bytes) {
  if (bytes.size() > kMaxKeystoreFile) {
    return damaged("larger than a keystore can be");
  }
  if (bytes.size() < kHeadSize || !core::as_text(bytes).starts_with(kMagic)) {
    return damaged("not a keystore");
  }
  const std::size_t header_size = static_cast<std::size_t>(bytes[4]) << 8 | bytes[5];
  const std::size_t body_at = kHeadSize + header_size;
  if (bytes.size() <= body_at + crypto::kAeadTagSize) {
    return damaged("cut off");
  }
  const auto header = KeystoreHeader::parse(core::ByteView(bytes).subspan(kHeadSize, header_size));
  if (!header) {
    return header.error();
  }
  return KeystoreFile{*header, std::move(bytes), body_at};
}

core::Result<std::vector<Entry>> KeystoreFile::open(const crypto::SecretBytes& kek) const {
  BodyKey key;
  derive(kek, header.salt, key);
  const core::ByteView all(bytes);
  const core::ByteView sealed = all.subspan(body_at);
  crypto::SecretBytes body(sealed.size() - crypto::kAeadTagSize);
  crypto::Aead aead(crypto::AeadAlgorithm::kAes256Gcm);
  if (!aead.open(key.view(), kNonce, all.first(body_at), sealed, body.bytes())) {
    return core::fail(Errc::kKeystoreLocked,
                      "the key is not the right one, or the file was changed");
  }
  return decode_entries(body.view());
}

core::Result<core::Bytes> seal_keystore(KeystoreHeader header, const std::vector<Entry>& entries,
                                        const crypto::SecretBytes& kek, core::Random& random) {
  const auto body = encode_entries(entries);
  if (!body) {
    return body.error();
  }
  random.fill(header.salt);
  const core::Bytes encoded = header.encode();
  core::Bytes file(kMagic.begin(), kMagic.end());
  file.push_back(static_cast<std::uint8_t>(encoded.size() >> 8));
  file.push_back(static_cast<std::uint8_t>(encoded.size()));
  file.insert(file.end(), encoded.begin(), encoded.end());
  const core::Bytes aad = file;
  file.resize(aad.size() + body->size() + crypto::kAeadTagSize);

  BodyKey key;
  derive(kek, header.salt, key);
  crypto::Aead aead(crypto::AeadAlgorithm::kAes256Gcm);
  aead.seal(key.view(), kNonce, aad, body->view(), std::span(file).subspan(aad.size()));
  return file;
}

}  // namespace runard::keys
