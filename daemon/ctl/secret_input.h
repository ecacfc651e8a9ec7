// SecretInput: a passphrase or credential from a file, a descriptor or the terminal: never from an
// argument or the environment, where other processes could see it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "core/result.h"
#include "crypto/secret_bytes.h"

namespace runard::ctl {

struct SecretInput {
  std::string file;  // "-" is standard input
  int fd = -1;
  bool is_given() const { return !file.empty() || fd >= 0; }
};

// --NAME-file and --NAME-fd, for a secret that is called `what` in their help.
void add_secret_options(CLI::App& made, SecretInput& secret, const std::string& name,
                        const std::string& what);

// Text without the newline at its end. kUsage for a descriptor that can't be read, read_secret's
// errors for a file, kTooLarge.
core::Result<crypto::SecretBytes> read_text(const SecretInput& from);
// All bytes.
core::Result<crypto::SecretBytes> read_bytes(const SecretInput& from);

// Asks on the terminal, without showing what is typed; a new one twice. kUsage when there is no
// terminal, with the options `name` that would do, or when the two differ.
enum class Ask : std::uint8_t { kOnce, kTwice };
core::Result<crypto::SecretBytes> ask_passphrase(const std::string& prompt, Ask how,
                                                 const std::string& name = "passphrase");

}  // namespace runard::ctl
