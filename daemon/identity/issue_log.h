// IssueLog: every certificate that a CA signed, one line each, on disk before the certificate is
// handed out. It is also how the CA knows which name belongs to which node.
//
//   2025-06-15T12:00:00Z serial=HEX node=ID name=NAME networks=A,B not_after=2025-09-13T12:00:00Z
//
// and at the end " groups=G,H" for a node that is in groups, " by=renewal" for what the running
// node asked for and installs as it comes. A line that a crash tore is no issuance: it has no
// newline and goes with the next one. One writer at a time (the CA's lock). Errors:
// kIdentityUnreadable for a line that is not of this form, kTooLarge above kMaxIssueLog, kSystem.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "identity/disk.h"

namespace runard::identity {

inline constexpr std::size_t kMaxIssueLog = 64 * 1024 * 1024;

struct IssueRecord {
  std::string at;
  std::string serial;
  core::NodeId node;
  std::string name;
  std::vector<std::string> networks;
  std::string not_after;
  std::vector<std::string> groups{};
  bool renewal = false;
  friend bool operator==(const IssueRecord&, const IssueRecord&) = default;
};

class IssueLog {
 public:
  explicit IssueLog(std::filesystem::path file) : file_(std::move(file)) {}

  core::Result<std::vector<IssueRecord>> read() const;  // oldest first; empty without a file
  core::Result<void> append(Disk& disk, const IssueRecord& record) const;

 private:
  std::filesystem::path file_;
};

}  // namespace runard::identity
