// Rotation: from one root CA of the mesh to the next without a node that anybody mistrusts, in
// three steps, each when the nodes have heard of the one before:
//
//   prepare    makes the next root; nodes are told to trust both     next.key, next.crt, next.cross
//   activate   the next root signs from now on                       previous.crt, cross.crt
//   retire     nodes are told to trust the new root alone
//
// What nodes are told is a trust statement, kept in trust.pem, of a generation one higher each
// time. A crash in the midst of a step is mended by the same step again, or by the next open().
// Errors: those of the files, kConflict when it is not the time for the step.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "identity/authority.h"
#include "identity/old_root.h"
#include "identity/statement.h"

namespace runard::identity {

inline constexpr const char* kNextKeyFile = "next.key";

class Rotation {
 public:
  // The authority is open as long as the rotation is used.
  explicit Rotation(const Authority& authority) : authority_(authority) {}

  // The next root and the statement of both. Again: the same ones.
  core::Result<Statement> prepare(core::Duration lifetime) const;
  // From the next open() or reload() on the new root signs. Gives the denylist, signed anew, if
  // there is one. Again: the same one.
  core::Result<std::optional<Statement>> activate() const;
  // Refused while there are held_back(), unless `force` is set. Again: the same statement.
  core::Result<Statement> retire(bool force, const ShownCertificates& shown = {}) const;
  // Nodes that retire() might shut out. kConflict when no root was activated.
  core::Result<std::vector<OldHolder>> held_back(const ShownCertificates& shown) const;

  // The generation that nodes must have before activate() or after retire().
  static core::Result<std::uint64_t> generation_in(const std::filesystem::path& folder);
  // How many issuances, the first of the log, belong to the root before; 0: nothing is rotated.
  // Nothing for the rotation of an earlier version, which counts them by their time.
  static std::optional<std::size_t> counted_in(const std::filesystem::path& folder);
  // Completes what a crash left of activate(). For Authority::open, with its lock.
  static core::Result<void> mend(Disk& disk, const std::filesystem::path& folder);

 private:
  core::Result<crypto::Certificate> make_next(core::Duration lifetime) const;
  core::Result<Statement> trust_both(const crypto::Certificate& next) const;
  core::Result<std::optional<Statement>> retired() const;
  core::Result<void> check_rotated() const;

  const Authority& authority_;
};

// What a CA's folder says of the mesh's trust, for bundles. Empty members: there is none.
struct FolderTrust {
  std::optional<Statement> trust;
  std::optional<Statement> denylist;
  std::vector<crypto::Certificate> roots;  // the CA's own is the last one
  std::vector<crypto::Certificate> cross;
};
core::Result<FolderTrust> trust_in(const std::filesystem::path& folder,
                                   const crypto::Certificate& own);

}  // namespace runard::identity
