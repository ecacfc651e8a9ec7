// IdentityFolder: where a node keeps what is public of its identity, STATE/identity:
//
//   node.name     the name that its operator gave it, if any
//   node.bundle   its certificate, CAs and networks (bundle.h), replaced as a whole
//   lock          held while one of these is written
//   node.key      only from an earlier version: the private key, which is in the keystore now
//
// Each is one file, so a crash leaves the old or the new one. Reading takes no lock.
// Errors: kIdentityMissing, kIdentityUnreadable, kFileMode, kStateLocked, kSystem, and as said
// below.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "crypto/key.h"
#include "identity/bundle.h"
#include "identity/disk.h"

namespace runard::identity {

class IdentityFolder {
 public:
  explicit IdentityFolder(const std::filesystem::path& state_dir)
      : state_dir_(state_dir), folder_(state_dir / "identity") {}

  // Makes the folders that are missing (the parent of the state directory excepted) and the name,
  // if it is not empty.
  core::Result<void> prepare(Disk& disk, std::string_view name) const;

  // The key of an earlier version, for the keystore to take over.
  bool has_old_key() const;
  core::Result<crypto::PrivateKey> old_key() const;
  core::Result<void> remove_old_key(Disk& disk) const;

  core::Result<std::string> name() const;  // empty: none was given
  core::Result<Bundle> bundle() const;

  // Puts a bundle in place if all of it is right: for the node `self`, proven from its roots, and
  // each root either named in `pins`, installed already, or listed by a trust statement of such a
  // root. Its statements go to STATE/statements. kUsage when nothing is installed and
  // `pins` is empty; kFingerprintMismatch, kCertificateMismatch and check_bundle's errors.
  core::Result<CheckedBundle> install(Disk& disk, const Bundle& bundle,
                                      const std::vector<crypto::Sha256>& pins, core::WallTime now,
                                      const core::NodeId& self) const;

  // Statements alone, for an installed node: how many were news. StatementStore::offer's errors;
  // kStatementOlder when one was, and the others were taken all the same.
  core::Result<std::size_t> install(Disk& disk, const std::vector<Statement>& statements,
                                    core::WallTime now) const;

 private:
  core::Result<void> put_statements(Disk& disk, const Bundle& bundle, core::WallTime now) const;
  core::Result<void> check_roots(const Bundle& bundle, const std::vector<crypto::Sha256>& pins,
                                 core::WallTime now) const;
  core::Result<std::vector<crypto::Certificate>> known_roots(
      const std::vector<crypto::Sha256>& pins, core::WallTime now) const;

  std::filesystem::path state_dir_;
  std::filesystem::path folder_;
};

// kCertificateMismatch unless the bundle's certificate is for this node's key.
core::Result<void> check_node(const Bundle& bundle, const core::NodeId& self);

}  // namespace runard::identity
