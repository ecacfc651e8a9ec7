// Sources: what a configuration may take from outside its file. A seam: only main.cc reads the
// environment.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/result.h"

namespace runard::config {

inline constexpr std::size_t kMaxSecretBytes = 64 * 1024;

// The value of an environment variable.
using Env = std::function<std::optional<std::string>(const std::string& name)>;
// The content of a file, at most `limit` bytes; kTooLarge beyond.
using ReadFile =
    std::function<core::Result<std::string>(const std::string& path, std::size_t limit)>;

struct Sources {
  Env env;
  ReadFile file;
};

// Reads a real file. Fails with kConfigUnreadable and the system's reason, or kTooLarge.
core::Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace runard::config
