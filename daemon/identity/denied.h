// The body of a denylist statement: who is shut out of the mesh although its certificate is valid:
// a node, a key (of a node or of an issuing CA), or a node in one network. README.md has the bytes
// as a table. Errors: kStatementInvalid, and as said below.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/digest.h"
#include "identity/trust_bundle.h"

namespace runard::identity {

inline constexpr std::size_t kMaxDenied = 1024;
inline constexpr std::size_t kMaxReason = 60;

enum class DeniedWhat : std::uint8_t { kNode = 1, kKey = 2, kMembership = 3 };

struct DeniedEntry {
  DeniedWhat what = DeniedWhat::kNode;
  core::NodeId node;          // but for kKey
  core::NetworkId network;    // only of kMembership
  crypto::Sha256 key{};       // only of kKey: of the SubjectPublicKeyInfo
  std::int64_t until_ms = 0;  // since 1970; 0: for ever
  std::string reason;         // UTF-8, at most kMaxReason bytes, for people

  // Whether they deny the same; until and reason don't count.
  bool same_target(const DeniedEntry& other) const {
    return what == other.what && node == other.node && network == other.network && key == other.key;
  }
  bool ended(core::WallTime now) const;
  friend auto operator<=>(const DeniedEntry&, const DeniedEntry&) = default;
};

// Sorts. kInvalidArgument for too many, doubles, or a bad reason.
core::Result<core::Bytes> encode_denied(std::vector<DeniedEntry> entries);
core::Result<std::vector<DeniedEntry>> parse_denied(core::ByteView body);

// The entries whose time is not over.
Denylist in_force(const std::vector<DeniedEntry>& entries, core::WallTime now);

}  // namespace runard::identity
