#include "ctl/secret_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "crypto/openssl_error.h"
#include "crypto/secret_array.h"
#include "ctl/command.h"
#include "identity/durable_file.h"

namespace runard::ctl {
namespace {

using core::Errc;

constexpr std::size_t kMaxSecretInput = 4096;
constexpr std::size_t kMaxTyped = 1024;

core::Result<crypto::SecretBytes> read_all(int fd) {
  crypto::SecretArray<kMaxSecretInput + 1> room;
  std::size_t size = 0;
  while (size < room.bytes().size()) {
    const ssize_t n = ::read(fd, room.bytes().data() + size, room.bytes().size() - size);
    if (n == 0) {
      return crypto::SecretBytes::copy_of(room.view().first(size));
    }
    if (n < 0 && errno != EINTR) {
      return core::fail(Errc::kUsage, fmt::format("descriptor {} can't be read: {}", fd,
                                                  std::generic_category().message(errno)));
    }
    size += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return core::fail(Errc::kTooLarge, fmt::format("what descriptor {} gives is longer than {} bytes",
                                                 fd, kMaxSecretInput));
}

bool has_terminal() {
  const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd >= 0) {
    close(fd);
  }
  return fd >= 0;
}

}  // namespace

void add_secret_options(CLI::App& made, SecretInput& secret, const std::string& name,
                        const std::string& what) {
  made.add_option("--" + name + "-file", secret.file,
                  fmt::format("A file with {}; - is standard input", what))
      ->type_name(value_name::kFile);
  made.add_option("--" + name + "-fd", secret.fd, "A file descriptor to read it from instead")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name(value_name::kNumber);
}

core::Result<crypto::SecretBytes> read_bytes(const SecretInput& from) {
  if (from.fd >= 0) {
    return read_all(from.fd);
  }
  return from.file == "-" ? read_all(STDIN_FILENO) : identity::read_secret(from.file);
}

core::Result<crypto::SecretBytes> read_text(const SecretInput& from) {
  auto bytes = read_bytes(from);
  if (!bytes || bytes->empty() || bytes->view().back() != '\n') {
    return bytes;
  }
  return crypto::SecretBytes::copy_of(bytes->view().first(bytes->size() - 1));
}

core::Result<crypto::SecretBytes> ask_passphrase(const std::string& prompt, Ask how,
                                                 const std::string& name) {
  if (!has_terminal()) {
    return core::fail(
        Errc::kUsage,
        fmt::format("a passphrase is needed and there is no terminal to ask for it: give "
                    "--{0}-file FILE or --{0}-fd N",
                    name));
  }
  const crypto::ErrorScope errors;
  crypto::SecretArray<kMaxTyped> typed;
  auto* text = reinterpret_cast<char*>(typed.bytes().data());
  if (EVP_read_pw_string_min(text, 0, static_cast<int>(kMaxTyped - 1), prompt.c_str(),
                             how == Ask::kTwice ? 1 : 0) != 0) {
    return core::fail(Errc::kUsage, "no passphrase was typed, or not the same one twice");
  }
  return crypto::SecretBytes::copy_of(typed.view().first(std::strlen(text)));
}

}  // namespace runard::ctl
