// IssueLog: every certificate that a CA signed, one line each, on disk before the certificate is
// handed out. It is also how the CA knows which name belongs to which node.
//
//   2025-06-15T12:00:00Z serial=HEX node=ID name=NAME networks=A,B not_after=2025-09-13T12:00:00Z
//
// and behind it, where it applies: " groups=G,H", " labels=K=V,L=W" (node_labels.h),
// " lifetime=SECONDS" as it was ordered (the CA's
// own end may cut it), and " by=renewal" where no operator ordered it.
// A line that a crash tore is no issuance: it has no newline and goes with the next one. One writer
// at a time (the CA's lock). What nobody needs moves to an archive beside the log before that is
// full: however often a node has itself renewed, a few lines of it stay.
// Errors: kIdentityUnreadable for a line that is not of this form,
// kTooLarge above kMaxIssueLog, kSystem.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "identity/disk.h"

namespace runard::identity {

inline constexpr std::size_t kMaxIssueLog = 64 * 1024 * 1024;
inline constexpr std::size_t kArchiveIssueLog = kMaxIssueLog / 2;

struct IssueRecord {
  std::string at;
  std::string serial;
  core::NodeId node;
  std::string name;
  std::vector<std::string> networks;
  std::string not_after;
  std::vector<std::string> groups{};
  std::int64_t lifetime_s = 0;  // 0: an earlier version did not write it down
  bool renewal = false;         // of what was granted before
  std::vector<std::string> labels{};
  friend bool operator==(const IssueRecord&, const IssueRecord&) = default;
};

// What counts of all that was issued to one node.
struct Issued {
  const IssueRecord* granted = nullptr;  // the last that an operator ordered, by hand or by token
  const IssueRecord* newest = nullptr;
  // When the last of both ends: who was granted more may not have installed it yet.
  const std::string& ends() const {
    return granted == nullptr ? newest->not_after : std::max(granted->not_after, newest->not_after);
  }
};
// `log` outlives it.
std::map<core::NodeId, Issued> issued_to(const std::vector<IssueRecord>& log);

class IssueLog {
 public:
  explicit IssueLog(std::filesystem::path file) : file_(std::move(file)) {}

  core::Result<std::vector<IssueRecord>> read() const;  // oldest first; empty without a file
  core::Result<void> append(Disk& disk, const IssueRecord& record) const;
  // A log of `from` bytes or more goes, whole, to FILE-TIME, also one that is too large to be read.
  // What stays is what counts of each node (issued_to), and of what has not ended: what a node has
  // for longest, by order and by renewal, and the last of each name. The first `counted` ones stay
  // as they are (rotation.h), and of those behind them what old_holders() looks at.
  // A crash leaves the log as it was, and maybe the archive.
  core::Result<void> archive(Disk& disk, core::WallTime now, std::size_t counted = 0,
                             std::size_t from = kArchiveIssueLog) const;

 private:
  std::filesystem::path file_;
};

}  // namespace runard::identity
