// KeystoreHeader: what stands in clear at the head of a keystore file (README.md has the bytes).
//
// Until the file was opened with its key, nothing in it is proven.
#pragma once

#include <array>
#include <cstdint>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/argon2.h"
#include "envelope/key_address.h"

namespace runard::keys {

// Where the key that encrypts the keystore (KEK) comes from. As in the file.
enum class KekKind : std::uint8_t {
  kNone = 1,        // a file beside it: its mode is the only protection
  kSystemd = 2,     // a credential that systemd hands over
  kPassphrase = 3,  // Argon2id
};
std::string_view kek_text(KekKind kind);  // "plaintext-file", "systemd", "passphrase"

inline constexpr std::size_t kSaltSize = 32;
inline constexpr std::uint64_t kMaxGeneration = std::uint64_t{1} << 62;

// How the KEK is found. Equal descriptions give equal KEKs of one source.
struct KekInfo {
  KekKind kind = KekKind::kNone;
  envelope::KeyId file;                        // kNone: which file
  crypto::Argon2Params cost;                   // kPassphrase
  std::array<std::uint8_t, kSaltSize> salt{};  // kPassphrase
  friend bool operator==(const KekInfo&, const KekInfo&) = default;
};

struct KeystoreHeader {
  std::uint64_t generation = 1;  // 1 to kMaxGeneration
  core::NodeId node;             // zeros: none yet
  KekInfo kek;
  std::array<std::uint8_t, kSaltSize> salt{};  // of this generation's key

  core::Bytes encode() const;
  // kKeystoreDamaged for any but the canonical form, kKeystoreUnsupported for another version.
  static core::Result<KeystoreHeader> parse(core::ByteView cbor);
};

}  // namespace runard::keys
