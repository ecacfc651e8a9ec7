#include "keys/delegation_folder.h"

#include <fmt/format.h>

#include "crypto/pem.h"
#include "identity/durable_file.h"

namespace runard::keys {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "delegations";
constexpr std::size_t kMaxFile = 4096;

}  // namespace

fs::path delegation_folder(const fs::path& state_dir) {
  return state_dir / kFolder;
}

core::Result<void> put_delegation(identity::Disk& disk, const fs::path& state_dir,
                                  core::ByteView bytes) {
  const auto delegation = Delegation::parse(bytes);
  if (!delegation) {
    return delegation.error();
  }
  const fs::path folder = delegation_folder(state_dir);
  if (auto made = identity::make_private_folder(disk, folder); !made) {
    return made;
  }
  const std::string text = crypto::write_pem(kDelegationLabel, bytes);
  const std::string name =
      fmt::format("{}-{}.pem", delegation->profile.text(), delegation->version);
  return identity::write_durably(disk, folder / name, core::as_bytes(text), identity::kPublicMode);
}

std::vector<WaitingDelegation> waiting_delegations(const fs::path& state_dir) {
  std::vector<WaitingDelegation> waiting;
  std::error_code error;
  for (fs::directory_iterator at(delegation_folder(state_dir), error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != ".pem" || waiting.size() == kMaxWaiting) {
      continue;
    }
    const auto text = identity::read_file(at->path(), kMaxFile);
    const auto blocks = text ? crypto::parse_pem(*text) : text.error();
    if (!blocks || blocks->size() != 1 || blocks->front().label != kDelegationLabel) {
      continue;
    }
    auto delegation = Delegation::parse(blocks->front().der);
    if (delegation) {
      waiting.push_back({at->path(), std::move(*delegation)});
    }
  }
  return waiting;
}

}  // namespace runard::keys
