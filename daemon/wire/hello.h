// Hello: the first control frame each way. A link is up when both hellos fit together.
//
// The version is a minor one: within a major version (the ALPN name) newer nodes speak the previous
// one too, and both use the highest that both know.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/result.h"

namespace runard::wire {

inline constexpr std::uint64_t kWireMin = 1;
inline constexpr std::uint64_t kWireMax = 1;

// Bits of Hello::features: what the sender understands beyond its version.
inline constexpr std::uint64_t kFeatureStatements = 1;  // the frames of statements.h
inline constexpr std::uint64_t kFeatureSealed = 2;      // sealed payloads, profiles in headers
inline constexpr std::uint64_t kFeatureIssuer = 8;      // it renews certificates: $issuer/renew
// What every node of this version understands.
inline constexpr std::uint64_t kFeatures = kFeatureStatements | kFeatureSealed;

using ResetToken = std::array<std::uint8_t, 16>;

struct Hello {
  std::uint64_t wire_min = kWireMin;
  std::uint64_t wire_max = kWireMax;
  std::uint64_t features = 0;    // bits; unknown ones are ignored
  std::uint64_t epoch = 0;       // of the sender: which run of that node
  std::uint64_t generation = 0;  // of the link, chosen by the dialler: greater replaces smaller
  std::string name;              // of the node, for people
  std::vector<std::string> addresses;     // where it can be dialled: "10.0.0.5:8889"
  std::vector<core::NetworkId> networks;  // that it takes part in
  // The stateless reset token of the dialler's first connection id. QUIC gives an acceptor no other
  // way to learn it, and without it a dialler's crash is noticed by silence only.
  std::optional<ResetToken> reset_token;

  friend bool operator==(const Hello&, const Hello&) = default;
};

// Appends the frame's body.
void put_hello(const Hello& hello, core::Bytes& out);
core::Result<Hello> get_hello(core::ByteView body);

// The highest version that both know.
std::optional<std::uint64_t> common_version(const Hello& ours, const Hello& theirs);

}  // namespace runard::wire
