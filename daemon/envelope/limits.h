// What one envelope may hold. An opener refuses more; a sealer never makes more.
#pragma once

#include <cstddef>

namespace runard::envelope {

inline constexpr std::size_t kMaxEnvelope = 16 * 1024 * 1024;
// A message's fields, encoded; the rest of an envelope always has room.
inline constexpr std::size_t kMaxContent = kMaxEnvelope - 256 * 1024;
inline constexpr std::size_t kMaxGroups = 16;
inline constexpr std::size_t kMaxStanzas = 64;                  // of a group
inline constexpr std::size_t kMaxRecipients = kMaxStanzas - 1;  // the epoch's stanza is one, too
inline constexpr std::size_t kMaxLabels = 16;                   // of a group
inline constexpr std::size_t kMaxLabel = 64;
inline constexpr std::size_t kMaxType = 256;
inline constexpr std::size_t kMaxPath = 1024;
inline constexpr std::size_t kMaxCorrelation = 32;
inline constexpr std::size_t kMaxFields = 4096;  // in clear, and in each group
inline constexpr std::size_t kMaxFieldPath = 512;
inline constexpr std::size_t kMaxFieldDepth = 32;  // arrays and maps inside each other, in a value
inline constexpr std::size_t kMaxSignature = 80;

}  // namespace runard::envelope
