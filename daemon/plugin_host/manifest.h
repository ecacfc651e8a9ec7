// Manifest: what a plugin file says of itself in its ELF note .note.runar, read without running or
// mapping any of its code.
//
// The file may be hostile: every offset is checked, nothing outside the given bytes is read.
// Errors: kPluginBadManifest (not ELF, no note, bad JSON), kPluginIncompatible (another machine or
// ABI).
#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace runard::plugin_host {

inline constexpr std::size_t kMaxPluginFile = 64U << 20;
inline constexpr std::size_t kMaxManifest = 64U << 10;

struct Manifest {
  std::string name;     // 1 to 64 of A-Z a-z 0-9 _ . -
  std::string version;  // "1.0.0"
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::vector<std::string> services;  // its service types
  std::string wants;                  // the JSON of "wants", or empty
};

// The JSON text inside the note of a whole file.
core::Result<std::string> find_manifest_note(core::ByteView file);
core::Result<Manifest> parse_manifest(std::string_view json);
// Both.
core::Result<Manifest> read_manifest(core::ByteView file);

}  // namespace runard::plugin_host
