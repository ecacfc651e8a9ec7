// NetworkKeyring: the keys of a network as its CA publishes them: versions with their times, the
// members, and the private halves sealed to each of them (keyring_seal.h). The public part only;
// README.md has the bytes.
//
// A version is pending until its time comes, then active until the next one's time, then good for
// decrypting for the overlap, then retired: gone. Floors only rise, so a clock that goes back and
// an old keyring change nothing.
// Errors: kKeyringInvalid. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/agreement_key.h"

namespace runard::keys {

inline constexpr std::size_t kMaxVersions = 16;  // of one network at a time
inline constexpr std::size_t kMaxMembers = 640;  // what fits into a statement of the CA
inline constexpr std::uint64_t kMaxTime = std::uint64_t{1} << 53;  // ms since 1970
inline constexpr std::chrono::hours kDefaultOverlap{7 * 24};
inline constexpr std::chrono::minutes kDefaultActivateAfter{10};

enum class VersionState : std::uint8_t { kPending, kActive, kDecryptOnly, kRetired };
std::string_view state_text(VersionState state);

// What was reached once: no version below `encryption` seals any more, none below `decryption`
// opens. 0: nothing yet.
struct Floors {
  std::uint32_t encryption = 0;
  std::uint32_t decryption = 0;
  // The higher of each.
  Floors raised_to(const Floors& other) const;
  friend bool operator==(const Floors&, const Floors&) = default;
};

struct KeyVersion {
  std::uint32_t version = 0;  // from 1 on
  crypto::AgreementPublicKey key;
  std::uint64_t created_ms = 0;
  std::uint64_t activates_ms = 0;
  std::uint64_t retires_ms = 0;  // 0: the newest has no end yet
  friend bool operator==(const KeyVersion&, const KeyVersion&) = default;
};

// A member, with the secret of the keyring sealed to its agreement key.
struct KeyringMember {
  core::NodeId node;
  std::uint32_t key_version = 0;   // of the node's agreement key
  crypto::AgreementPublicKey key;  // that key
  core::Bytes enc;                 // 32 bytes
  core::Bytes wrapped;             // 48 bytes
  friend bool operator==(const KeyringMember&, const KeyringMember&) = default;
};

struct NetworkKeyring {
  std::string name;
  std::uint64_t epoch = 0;  // of the membership: one higher whenever a member goes or comes
  Floors floors;
  std::vector<KeyVersion> versions;    // ascending, 1..kMaxVersions
  core::Bytes sealed;                  // the private halves
  std::vector<KeyringMember> members;  // ascending by node, at most kMaxMembers

  static core::Result<NetworkKeyring> parse(core::ByteView body);
  core::Bytes bytes() const;
  // What the sealed parts are bound to: everything but themselves.
  core::Bytes public_part() const;

  const KeyVersion* find(std::uint32_t version) const;
  const KeyringMember* member(const core::NodeId& node) const;
  friend bool operator==(const NetworkKeyring&, const NetworkKeyring&) = default;
};

// Where a network's versions stand at a time. `known` are the floors that this node reached before.
class KeyringTimes {
 public:
  KeyringTimes(const NetworkKeyring& keyring, const Floors& known, std::uint64_t now_ms);

  VersionState state_of(const KeyVersion& version) const;
  // The one to seal with; null before the first one's time.
  const KeyVersion* active() const { return active_; }
  // What is reached with this: at least the floors before.
  Floors floors() const;
  // When something changes next; none: never.
  std::optional<std::uint64_t> next_ms() const;

 private:
  bool activated(const KeyVersion& version) const;
  bool retired(const KeyVersion& version) const;

  const NetworkKeyring& keyring_;
  Floors floors_;
  std::uint64_t now_ms_;
  const KeyVersion* active_ = nullptr;
};

}  // namespace runard::keys
