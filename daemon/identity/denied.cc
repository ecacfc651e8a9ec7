#include "identity/denied.h"

#include <algorithm>

#include "identity/byte_reader.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kIdSize = 16;

bool printable(const std::string& text) {
  return text.size() <= kMaxReason &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// What is wrong with a list that is in order, or nothing.
std::string_view fault_of(const std::vector<DeniedEntry>& entries) {
  if (entries.size() > kMaxDenied) {
    return "a denylist has at most 1024 entries";
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!printable(entries[i].reason)) {
      return "a reason is at most 60 printable ASCII characters";
    }
    if (entries[i].until_ms < 0) {
      return "an entry ends before 1970";
    }
    if (i > 0 && (entries[i - 1].same_target(entries[i]) || entries[i] < entries[i - 1])) {
      return "a denylist's entries are repeated or not in order";
    }
  }
  return {};
}

void put_entry(core::Bytes& body, const DeniedEntry& entry) {
  body.push_back(static_cast<std::uint8_t>(entry.what));
  if (entry.what == DeniedWhat::kKey) {
    put_bytes(body, entry.key);
  } else {
    put_bytes(body, entry.node.bytes);
  }
  if (entry.what == DeniedWhat::kMembership) {
    put_bytes(body, entry.network.bytes);
  }
  put_number(body, static_cast<std::uint64_t>(entry.until_ms), 8);
  put_number(body, entry.reason.size(), 1);
  put_bytes(body, core::as_bytes(entry.reason));
}

// False for an entry of an unknown kind.
bool read_entry(ByteReader& in, DeniedEntry& entry) {
  entry.what = static_cast<DeniedWhat>(in.number(1));
  switch (entry.what) {
    case DeniedWhat::kKey: {
      const core::ByteView key = in.take(entry.key.size());
      std::ranges::copy(key, entry.key.begin());
      break;
    }
    case DeniedWhat::kNode:
    case DeniedWhat::kMembership:
      entry.node = core::NodeId::from(in.take(kIdSize)).value_or(core::NodeId{});
      if (entry.what == DeniedWhat::kMembership) {
        entry.network = core::NetworkId::from(in.take(kIdSize)).value_or(core::NetworkId{});
      }
      break;
    default:
      return false;
  }
  entry.until_ms = static_cast<std::int64_t>(in.number(8));
  entry.reason = std::string(core::as_text(in.counted(1)));
  return !in.failed();
}

}  // namespace

bool DeniedEntry::ended(core::WallTime now) const {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
  return until_ms != 0 && until_ms <= ms;
}

core::Result<core::Bytes> encode_denied(std::vector<DeniedEntry> entries) {
  std::ranges::sort(entries);
  if (const std::string_view fault = fault_of(entries); !fault.empty()) {
    return fail(Errc::kInvalidArgument, std::string(fault));
  }
  core::Bytes body = {kVersion};
  put_number(body, entries.size(), 2);
  for (const DeniedEntry& entry : entries) {
    put_entry(body, entry);
  }
  return body;
}

core::Result<std::vector<DeniedEntry>> parse_denied(core::ByteView body) {
  ByteReader in(body);
  if (in.number(1) != kVersion) {
    return fail(Errc::kStatementInvalid, "a denylist of an unknown version");
  }
  const std::uint64_t count = in.number(2);
  if (in.failed() || count > kMaxDenied) {
    return fail(Errc::kStatementInvalid, "a denylist has at most 1024 entries");
  }
  std::vector<DeniedEntry> entries(count);
  for (DeniedEntry& entry : entries) {
    if (!read_entry(in, entry)) {
      return fail(Errc::kStatementInvalid, "a denylist is cut off or has an unknown entry");
    }
  }
  if (const std::string_view fault = fault_of(entries); !fault.empty()) {
    return fail(Errc::kStatementInvalid, std::string(fault));
  }
  if (!in.finished()) {
    return fail(Errc::kStatementInvalid, "a denylist is too long");
  }
  return entries;
}

Denylist in_force(const std::vector<DeniedEntry>& entries, core::WallTime now) {
  Denylist denied;
  for (const DeniedEntry& entry : entries) {
    if (entry.ended(now)) {
      continue;
    }
    switch (entry.what) {
      case DeniedWhat::kNode:
        denied.nodes.insert(entry.node);
        break;
      case DeniedWhat::kKey:
        denied.keys.insert(entry.key);
        break;
      case DeniedWhat::kMembership:
        denied.memberships.emplace(entry.node, entry.network);
        break;
    }
  }
  return denied;
}

}  // namespace runard::identity
