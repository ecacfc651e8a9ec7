// What one frame may hold. A receiver refuses more; a sender never makes more.
#pragma once

#include <cstddef>

namespace runard::wire {

inline constexpr std::size_t kMaxControlFrame = 64 * 1024;  // body; snapshots travel in chunks
inline constexpr std::size_t kMaxHeader = 16 * 1024;        // of a request, reply or event
inline constexpr std::size_t kMaxTopic = 1024;
inline constexpr std::size_t kMaxName = 256;      // a service's, a node's, a group's
inline constexpr std::size_t kMaxMessage = 4096;  // the text of an error
inline constexpr std::size_t kMaxMeta = 32;       // pairs
inline constexpr std::size_t kMaxGroups = 64;     // an event names at once
inline constexpr std::size_t kMaxAddresses = 32;  // in a hello
inline constexpr std::size_t kMaxNetworks = 64;   // in a hello

}  // namespace runard::wire
