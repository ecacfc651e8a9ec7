// KeystoreFile: the bytes of a keystore (README.md): parsed without a key, opened and sealed with
// one. Pure functions over bytes.
#pragma once

#include <vector>

#include "core/random.h"
#include "keys/entry.h"
#include "keys/keystore_header.h"

namespace runard::keys {

inline constexpr std::size_t kKekSize = 32;
inline constexpr std::size_t kMaxKeystoreFile = kMaxBody + 1024;

struct KeystoreFile {
  KeystoreHeader header;
  core::Bytes bytes;  // the whole file
  std::size_t body_at = 0;

  // kKeystoreDamaged, kKeystoreUnsupported.
  static core::Result<KeystoreFile> parse(core::Bytes bytes);
  // With the wrong key, or after any change of a byte: kKeystoreLocked, and the same text for all.
  core::Result<std::vector<Entry>> open(const crypto::SecretBytes& kek) const;
};

// The file of one generation. Its salt is made here, so that no key encrypts twice. The entries
// passed sort_and_check(). kTooLarge.
core::Result<core::Bytes> seal_keystore(KeystoreHeader header, const std::vector<Entry>& entries,
                                        const crypto::SecretBytes& kek, core::Random& random);

}  // namespace runard::keys
