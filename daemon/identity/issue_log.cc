#include "identity/issue_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <optional>
#include <span>

#include "identity/durable_file.h"
#include "identity/name.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

constexpr std::array<std::string_view, 6> kKeys = {
    "", "serial=", "node=", "name=", "networks=", "not_after="};
// Each only where it says something, in this order.
constexpr std::string_view kGroups = "groups=";
constexpr std::string_view kRenewal = "by=renewal";

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

// False: there is something else.
bool parse_more(std::span<const std::string_view> parts, IssueRecord& record) {
  if (!parts.empty() && parts.front().starts_with(kGroups)) {
    for (const std::string_view group : split(parts.front().substr(kGroups.size()), ',')) {
      record.groups.emplace_back(group);
    }
    parts = parts.subspan(1);
  }
  record.renewal = !parts.empty() && parts.front() == kRenewal;
  return parts.size() == (record.renewal ? 1 : 0);
}

std::optional<IssueRecord> parse_line(std::string_view line) {
  std::vector<std::string_view> parts = split(line, ' ');
  if (parts.size() < kKeys.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (!parts[i].starts_with(kKeys[i])) {
      return std::nullopt;
    }
    parts[i].remove_prefix(kKeys[i].size());
  }
  const auto node = core::NodeId::parse(parts[2]);
  if (!node || !valid_name(parts[3])) {
    return std::nullopt;
  }
  IssueRecord record{std::string(parts[0]), std::string(parts[1]), *node, std::string(parts[3]), {},
                     std::string(parts[5])};
  for (const std::string_view network : split(parts[4], ',')) {
    record.networks.emplace_back(network);
  }
  return parse_more(std::span(parts).subspan(kKeys.size()), record) ? std::optional(record)
                                                                    : std::nullopt;
}

std::string line_of(const IssueRecord& record) {
  return fmt::format("{} serial={} node={} name={} networks={} not_after={}{}{}{}{}\n", record.at,
                     record.serial, record.node.text(), record.name,
                     fmt::join(record.networks, ","), record.not_after,
                     record.groups.empty() ? "" : " groups=", fmt::join(record.groups, ","),
                     record.renewal ? " " : "", record.renewal ? kRenewal : "");
}

core::Result<std::string> read_whole(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxIssueLog);
  return !text && text.error().code == Errc::kNotFound ? core::Result<std::string>("") : text;
}

// How much of the text is whole lines.
std::size_t whole(std::string_view text) {
  return text.rfind('\n') + 1;  // npos + 1 is 0
}

core::Result<void> append_to(Disk& disk, int fd, core::ByteView line,
                             const std::filesystem::path& file) {
  while (!line.empty()) {
    const ssize_t n = disk.write(fd, line);
    if (n <= 0 && n != -EINTR) {
      return system_error(file, "write", n == 0 ? ENOSPC : static_cast<int>(-n));
    }
    line = line.subspan(n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  if (const int error = disk.sync(fd); error < 0) {
    return system_error(file, "fsync", -error);
  }
  if (const int error = disk.sync_folder(file.parent_path()); error < 0) {
    return system_error(file, "fsync", -error);
  }
  return {};
}

}  // namespace

core::Result<std::vector<IssueRecord>> IssueLog::read() const {
  const auto text = read_whole(file_);
  if (!text) {
    return text.error();
  }
  std::vector<IssueRecord> records;
  std::string_view rest = std::string_view(*text).substr(0, whole(*text));
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    auto record = parse_line(rest.substr(0, end));
    if (!record) {
      return fail(Errc::kIdentityUnreadable,
                  fmt::format("{}:{}: not an issuance", file_.string(), records.size() + 1));
    }
    records.push_back(std::move(*record));
    rest.remove_prefix(end + 1);
  }
  return records;
}

core::Result<void> IssueLog::append(Disk& disk, const IssueRecord& record) const {
  const auto before = read_whole(file_);
  if (!before) {
    return before.error();
  }
  const int fd = disk.append(file_, kSecretMode);
  if (fd < 0) {
    return system_error(file_, "open", -fd);
  }
  const auto good = static_cast<off_t>(whole(*before));
  core::Result<void> done;
  if (static_cast<std::size_t>(good) < before->size()) {
    if (const int error = disk.truncate(fd, good); error < 0) {
      done = system_error(file_, "truncate", -error);
    }
  }
  if (done) {
    const std::string line = line_of(record);
    done = append_to(disk, fd, core::as_bytes(line), file_);
  }
  if (!done) {
    disk.truncate(fd, good);  // nothing is issued, so nothing stands there
  }
  disk.close(fd);
  return done;
}

}  // namespace runard::identity
