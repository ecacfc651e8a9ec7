#include "identity/issue_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "identity/durable_file.h"
#include "identity/name.h"
#include "identity/time_text.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

constexpr std::size_t kMaxArchived = 2 * kMaxIssueLog;  // what is full can still be archived
constexpr std::array<std::string_view, 6> kKeys = {
    "", "serial=", "node=", "name=", "networks=", "not_after="};

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

// The parts that not every line has, in their order.
bool parse_rest(const std::vector<std::string_view>& parts, IssueRecord& record) {
  std::size_t at = kKeys.size();
  const auto option = [&](std::string_view key) -> std::optional<std::string_view> {
    return at < parts.size() && parts[at].starts_with(key)
               ? std::optional(parts[at++].substr(key.size()))
               : std::nullopt;
  };
  const auto list = [&](std::string_view key, std::vector<std::string>& into) {
    if (const auto texts = option(key)) {
      const auto parts_of = split(*texts, ',');
      into.assign(parts_of.begin(), parts_of.end());
    }
  };
  list("groups=", record.groups);
  list("labels=", record.labels);
  if (const auto lifetime = option("lifetime=")) {
    const char* end = lifetime->data() + lifetime->size();
    const auto parsed = std::from_chars(lifetime->data(), end, record.lifetime_s);
    if (parsed.ec != std::errc() || parsed.ptr != end || record.lifetime_s < 1) {
      return false;
    }
  }
  record.renewal = option("by=renewal") == std::string_view();
  return at == parts.size();
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
  return parse_rest(parts, record) ? std::optional(std::move(record)) : std::nullopt;
}

std::string line_of(const IssueRecord& record) {
  std::string line = fmt::format("{} serial={} node={} name={} networks={} not_after={}", record.at,
                                 record.serial, record.node.text(), record.name,
                                 fmt::join(record.networks, ","), record.not_after);
  if (!record.groups.empty()) {
    line += fmt::format(" groups={}", fmt::join(record.groups, ","));
  }
  if (!record.labels.empty()) {
    line += fmt::format(" labels={}", fmt::join(record.labels, ","));
  }
  if (record.lifetime_s > 0) {
    line += fmt::format(" lifetime={}", record.lifetime_s);
  }
  return line + (record.renewal ? " by=renewal\n" : "\n");
}

core::Result<std::string> read_whole(const std::filesystem::path& file,
                                     std::size_t limit = kMaxIssueLog) {
  auto text = read_file(file, limit);
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

core::Result<std::vector<IssueRecord>> parse(std::string_view text,
                                             const std::filesystem::path& file) {
  std::vector<IssueRecord> records;
  text = text.substr(0, whole(text));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    auto record = parse_line(text.substr(0, end));
    if (!record) {
      return fail(Errc::kIdentityUnreadable,
                  fmt::format("{}:{}: not an issuance", file.string(), records.size() + 1));
    }
    records.push_back(std::move(*record));
    text.remove_prefix(end + 1);
  }
  return records;
}

using Needed = std::set<const IssueRecord*>;

void need_unended(const std::vector<IssueRecord>& records, const std::string& today,
                  Needed& needed) {
  std::map<std::pair<core::NodeId, bool>, const IssueRecord*> longest;
  std::map<std::string_view, const IssueRecord*> named;
  for (const IssueRecord& record : records) {
    if (record.not_after <= today) {
      continue;
    }
    named[record.name] = &record;
    const IssueRecord*& last = longest[{record.node, record.renewal}];
    last = last != nullptr && last->not_after > record.not_after ? last : &record;
  }
  for (const auto& [of, record] : longest) {
    needed.insert(record);
  }
  for (const auto& [name, record] : named) {
    needed.insert(record);
  }
}

// The first renewal tells since when a node has followed the new root, and what was ordered may be
// what it shows.
void need_in_rotation(const std::vector<IssueRecord>& records, std::size_t counted,
                      Needed& needed) {
  std::set<core::NodeId> followed;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const IssueRecord& record = records[i];
    if (i < counted || !record.renewal || followed.insert(record.node).second) {
      needed.insert(&record);
    }
  }
}

std::string still_needed(const std::vector<IssueRecord>& records, std::size_t counted,
                         const std::string& today) {
  Needed needed;
  for (const auto& [node, counts] : issued_to(records)) {
    needed.insert({counts.granted, counts.newest});
  }
  need_unended(records, today, needed);
  if (counted > 0) {
    need_in_rotation(records, counted, needed);
  }
  std::string text;
  for (const IssueRecord& record : records) {
    text += needed.contains(&record) ? line_of(record) : "";
  }
  return text;
}

}  // namespace

std::map<core::NodeId, Issued> issued_to(const std::vector<IssueRecord>& log) {
  std::map<core::NodeId, Issued> issued;
  for (const IssueRecord& record : log) {
    Issued& one = issued[record.node];
    one.newest = &record;
    one.granted = record.renewal ? one.granted : &record;
  }
  return issued;
}

core::Result<std::vector<IssueRecord>> IssueLog::read() const {
  const auto text = read_whole(file_);
  return text ? parse(*text, file_) : text.error();
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

core::Result<void> IssueLog::archive(Disk& disk, core::WallTime now, std::size_t counted,
                                     std::size_t from) const {
  std::error_code absent;
  const auto size = std::filesystem::file_size(file_, absent);
  if (absent || size < from) {
    return {};
  }
  const auto text = read_whole(file_, kMaxArchived);
  const auto records =
      text ? parse(*text, file_) : core::Result<std::vector<IssueRecord>>(text.error());
  if (!records) {
    return records.error();
  }
  const std::string today = time_text(now);
  const std::string kept = still_needed(*records, counted, today);
  const std::filesystem::path archived = file_.string() + "-" + today;
  // Not worth it: each issuance would write it all. Or the archive of this second has more.
  if (kept.size() > whole(*text) / 2 || std::filesystem::exists(archived, absent)) {
    return {};
  }
  if (auto ok = write_durably(disk, archived, core::as_bytes(*text), kSecretMode); !ok) {
    return ok;
  }
  return write_durably(disk, file_, core::as_bytes(kept), kSecretMode);
}

}  // namespace runard::identity
