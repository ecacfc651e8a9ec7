#include "enroll/token_book.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "identity/durable_file.h"
#include "identity/file_lock.h"
#include "identity/name.h"
#include "identity/node_labels.h"

namespace runard::enroll {
namespace {

using core::Errc;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kFile = "tokens";
constexpr const char* kLock = "tokens.lock";
constexpr std::size_t kMaxFile = 4 * 1024 * 1024;
constexpr std::array<std::string_view, 11> kFields = {
    "",      "hash=",     "expires_ms=", "uses=",  "left=", "approve=", "lifetime_s=",
    "name=", "networks=", "groups=",     "labels="};
constexpr std::size_t kOfAll = kFields.size() - 1;  // labels only where there are some

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::optional<crypto::Sha256> hash(std::string_view text) {
  crypto::Sha256 bytes{};
  if (text.size() != 2 * bytes.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = number<std::uint8_t>(text.substr(2 * i, 2), 16);
    if (!byte) {
      return std::nullopt;
    }
    bytes[i] = *byte;
  }
  return bytes;
}

// False: one is not such a text.
bool list(std::string_view text, bool (*valid)(std::string_view), std::vector<std::string>& out) {
  if (text.empty()) {
    return true;
  }
  for (const std::string_view name : split(text, ',')) {
    if (!valid(name)) {
      return false;
    }
    out.emplace_back(name);
  }
  return true;
}

std::optional<TokenRecord> parse_line(std::string_view line) {
  std::vector<std::string_view> parts = split(line, ' ');
  if (parts.size() < kOfAll || parts.size() > kFields.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].starts_with(kFields[i])) {
      return std::nullopt;
    }
    parts[i].remove_prefix(kFields[i].size());
  }
  const auto id = TokenId::parse(parts[0]);
  const auto secret_hash = hash(parts[1]);
  const auto expires = number<std::int64_t>(parts[2]);
  const auto uses = number<std::uint32_t>(parts[3]);
  const auto left = number<std::uint32_t>(parts[4]);
  const auto approve = number<int>(parts[5]);
  const auto lifetime = number<std::int64_t>(parts[6]);
  if (!id || !secret_hash || !expires || !uses || !left || !approve || !lifetime || *lifetime < 1 ||
      *left > *uses) {
    return std::nullopt;
  }
  TokenRecord record{*id,
                     *secret_hash,
                     core::WallTime(milliseconds(*expires)),
                     *uses,
                     *left,
                     *approve != 0,
                     seconds(*lifetime),
                     std::string(parts[7]),
                     {},
                     {}};
  const bool good =
      (record.name.empty() || identity::valid_name(record.name)) &&
      list(parts[8], identity::valid_name, record.networks) &&
      list(parts[9], identity::valid_name, record.groups) &&
      (parts.size() == kOfAll || list(parts[10], identity::valid_node_label, record.labels));
  return good ? std::optional(std::move(record)) : std::nullopt;
}

std::string line_of(const TokenRecord& record) {
  const auto ms = std::chrono::duration_cast<milliseconds>(record.expires.time_since_epoch());
  return fmt::format(
      "{} hash={} expires_ms={} uses={} left={} approve={} lifetime_s={} name={} networks={} "
      "groups={}{}{}\n",
      record.id.text(), crypto::hex(record.secret_hash), ms.count(), record.uses, record.left,
      record.approve ? 1 : 0, std::chrono::duration_cast<seconds>(record.lifetime).count(),
      record.name, fmt::join(record.networks, ","), fmt::join(record.groups, ","),
      record.labels.empty() ? "" : " labels=", fmt::join(record.labels, ","));
}

core::Error unknown() {
  return core::fail(Errc::kNotFound, "no such token, or it is used up");
}

template <class Records>
core::Result<std::size_t> index_of(const Records& records, const TokenId& id, core::WallTime now) {
  const auto at = std::ranges::find(records, id, &TokenRecord::id);
  if (at == records.end() || at->left == 0) {
    return unknown();
  }
  if (now >= at->expires) {
    return core::fail(Errc::kTokenExpired, "token " + id.text());
  }
  return static_cast<std::size_t>(at - records.begin());
}

}  // namespace

core::Result<std::vector<TokenRecord>> TokenBook::read() const {
  const auto file = ca_ / kFile;
  const auto text = identity::read_file(file, kMaxFile);
  if (!text) {
    return text.error().code == Errc::kNotFound ? core::Result<std::vector<TokenRecord>>({})
                                                : text.error();
  }
  std::vector<TokenRecord> records;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    auto record = end == std::string_view::npos ? std::nullopt : parse_line(rest.substr(0, end));
    if (!record || records.size() == kMaxTokens) {
      return core::fail(Errc::kIdentityUnreadable,
                        fmt::format("{}:{}: not a token", file.string(), records.size() + 1));
    }
    records.push_back(std::move(*record));
    rest.remove_prefix(end + 1);
  }
  return records;
}

core::Result<void> TokenBook::write(const std::vector<TokenRecord>& records,
                                    core::WallTime now) const {
  std::string text;
  for (const TokenRecord& record : records) {
    text += record.expires > now && record.left > 0 ? line_of(record) : "";
  }
  return identity::write_durably(*disk_, ca_ / kFile, core::as_bytes(text), identity::kSecretMode);
}

core::Result<TokenRecord> TokenBook::find(const TokenId& id, core::WallTime now) const {
  const auto records = read();
  if (!records) {
    return records.error();
  }
  const auto at = index_of(*records, id, now);
  return at ? core::Result<TokenRecord>((*records)[*at]) : at.error();
}

template <class Edit>
core::Result<void> TokenBook::change(core::WallTime now, Edit edit) const {
  const auto lock = identity::FileLock::acquire(ca_ / kLock, identity::kLockPatience);
  if (!lock) {
    return lock.error();
  }
  auto records = read();
  if (!records) {
    return records.error();
  }
  const core::Result<void> edited = edit(*records);
  return edited ? write(*records, now) : edited;
}

core::Result<void> TokenBook::add(const TokenRecord& record, core::WallTime now) const {
  return change(now, [&](std::vector<TokenRecord>& records) -> core::Result<void> {
    std::erase_if(records,
                  [&](const TokenRecord& old) { return old.expires <= now || old.left == 0; });
    if (records.size() >= kMaxTokens) {
      return core::fail(Errc::kTooLarge, fmt::format("{} tokens are open already", kMaxTokens));
    }
    records.push_back(record);
    return {};
  });
}

core::Result<TokenRecord> TokenBook::use(const TokenId& id, core::WallTime now) const {
  TokenRecord used;
  const auto changed = change(now, [&](std::vector<TokenRecord>& records) -> core::Result<void> {
    const auto at = index_of(records, id, now);
    if (!at) {
      return at.error();
    }
    --records[*at].left;
    used = records[*at];
    return {};
  });
  return changed ? core::Result<TokenRecord>(std::move(used)) : changed.error();
}

core::Result<void> TokenBook::remove(const TokenId& id, core::WallTime now) const {
  return change(now, [&](std::vector<TokenRecord>& records) {
    const auto removed =
        std::erase_if(records, [&](const TokenRecord& old) { return old.id == id; });
    return removed == 0 ? core::Result<void>(unknown()) : core::Result<void>();
  });
}

}  // namespace runard::enroll
