// Who still needs the root that a rotation replaced: read from what the CA issued, and from what
// nodes are seen to show. A CA can't know more: what it signed may never have been installed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "identity/denied.h"
#include "identity/issue_log.h"

namespace runard::identity {

// A node that others would refuse, or might, if they trusted the new root alone.
struct OldHolder {
  std::string name;
  core::NodeId node;
  std::string until;    // when its last certificate of the old root ends
  bool signed_again{};  // it has one of the new root that it may not show yet
  friend bool operator==(const OldHolder&, const OldHolder&) = default;
};

// What nodes show to others: when that certificate ends, as time_text.
using ShownCertificates = std::map<core::NodeId, std::string>;

struct RotatedLog {
  const std::vector<IssueRecord>& records;
  std::size_t by_old = 0;  // so many of them, the first ones, the old root signed
  // Others may have renewed too (ca_copy.h): old ones that ended count as well.
  bool partial = false;
};

// How long after a renewal a node's links may still show the certificate before it.
inline constexpr std::chrono::seconds kRelinked{30};

// Nodes with a certificate of the old root that may not have ended, but for those that are denied
// and those with one of the new root that they renewed themselves kRelinked ago or that they are
// seen to show. In the order of their names.
std::vector<OldHolder> old_holders(const RotatedLog& log, const ShownCertificates& shown,
                                   const Denylist& denied, core::WallTime now);

}  // namespace runard::identity
