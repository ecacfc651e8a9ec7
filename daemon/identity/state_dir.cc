#include "identity/state_dir.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "identity/durable_file.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

std::optional<std::uint64_t> parse_epoch(std::string_view text) {
  std::uint64_t epoch = 0;
  if (!text.ends_with('\n')) {
    return std::nullopt;
  }
  text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && epoch < UINT64_MAX ? std::optional(epoch) : std::nullopt;
}

}  // namespace

core::Result<StateDir> StateDir::open(Disk& disk, const std::filesystem::path& path) {
  if (auto ok = check_folder(path); !ok) {
    return ok.error();
  }
  auto lock = FileLock::acquire(path / "lock");
  if (!lock) {
    return lock.error();
  }
  return StateDir(disk, path, std::move(*lock));
}

core::Result<std::uint64_t> StateDir::next_epoch() {
  const auto file = path_ / "epoch";
  std::uint64_t last = 0;
  if (const auto text = read_file(file); text) {
    const auto epoch = parse_epoch(*text);
    if (!epoch) {
      return fail(Errc::kIdentityUnreadable, file.string() + ": not an epoch number");
    }
    last = *epoch;
  } else if (text.error().code != Errc::kNotFound) {
    return text.error();
  }
  const std::string next = fmt::format("{}\n", last + 1);
  if (auto written = write_durably(*disk_, file, core::as_bytes(next), kSecretMode); !written) {
    return written.error();
  }
  return last + 1;
}

core::Result<crypto::SecretBytes> StateDir::reset_secret(core::Random& random) {
  const auto file = path_ / "reset.secret";
  auto secret = read_secret(file);
  if (secret && secret->size() != kResetSecretSize) {
    return fail(Errc::kIdentityUnreadable,
                fmt::format("{}: not {} bytes", file.string(), kResetSecretSize));
  }
  if (secret || secret.error().code != Errc::kNotFound) {
    return secret;
  }
  crypto::SecretBytes fresh(kResetSecretSize);
  random.fill(fresh.bytes());
  if (auto written = write_durably(*disk_, file, fresh.view(), kSecretMode); !written) {
    return written.error();
  }
  return fresh;
}

}  // namespace runard::identity
