#include "keys/keystore_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <runar/cbor/reader.hpp>
#include <runar/cbor/writer.hpp>
#include <tuple>

namespace runard::keys {
namespace {

using core::Errc;
using runar::cbor::Reader;
using runar::cbor::Writer;
using CborKind = runar::cbor::Kind;

constexpr std::uint64_t kItems = 8;

// All but the secret, for which zeros stand: the writer's memory is an ordinary one.
void write_entry(Writer& writer, const Entry& entry) {
  constexpr std::uint8_t kZeros[kMaxEntrySecret] = {};
  writer.array(kItems);
  writer.unsigned_int(static_cast<std::uint64_t>(entry.kind));
  writer.bytes(entry.id.bytes);
  writer.unsigned_int(entry.version);
  writer.unsigned_int(static_cast<std::uint64_t>(entry.state));
  writer.unsigned_int(static_cast<std::uint64_t>(entry.created_ms));
  writer.unsigned_int(static_cast<std::uint64_t>(entry.changed_ms));
  writer.text(entry.name);
  writer.bytes({kZeros, entry.secret.size()});
}

std::uint64_t number(Reader& reader, std::uint64_t least, std::uint64_t most) {
  const std::uint64_t value = reader.unsigned_int();
  if (value < least || value > most) {
    reader.fail(runar::cbor::Errc::kOutOfRange);
  }
  return value;
}

Entry read_entry(Reader& reader) {
  std::string scratch;
  std::vector<std::uint8_t> none;
  Entry entry;
  const auto head = reader.head();
  if (head.kind != CborKind::kArray || head.value != kItems) {
    reader.fail(runar::cbor::Errc::kWrongType);
  }
  entry.kind = static_cast<EntryKind>(number(reader, 1, 7));
  const auto id = KeyId::from(reader.bytes(none));
  entry.id = id.value_or(KeyId{});
  entry.version = static_cast<std::uint32_t>(number(reader, 0, UINT32_MAX));
  entry.state = static_cast<EntryState>(number(reader, 1, 3));
  entry.created_ms = static_cast<std::int64_t>(number(reader, 0, INT64_MAX));
  entry.changed_ms = static_cast<std::int64_t>(number(reader, 0, INT64_MAX));
  const std::string_view name = reader.text(scratch);
  const core::ByteView secret = reader.bytes(none);
  if (!id || name.size() > kMaxEntryName || secret.empty() || secret.size() > kMaxEntrySecret) {
    reader.fail(runar::cbor::Errc::kOutOfRange);
    return entry;
  }
  entry.name = name;
  entry.secret = crypto::SecretBytes::copy_of(secret);
  return entry;
}

bool ascends(const Entry& a, const Entry& b) {
  return std::tie(a.kind, a.id, a.version) < std::tie(b.kind, b.id, b.version);
}

}  // namespace

core::Result<crypto::SecretBytes> encode_entries(const std::vector<Entry>& entries) {
  Writer writer;
  std::vector<std::size_t> ends;  // of the secrets
  writer.array(entries.size());
  for (const Entry& entry : entries) {
    write_entry(writer, entry);
    ends.push_back(writer.size());
  }
  if (writer.size() > kMaxBody) {
    return core::fail(Errc::kTooLarge,
                      fmt::format("the keystore would be larger than {} bytes", kMaxBody));
  }
  auto body = crypto::SecretBytes::copy_of(writer.bytes());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const core::ByteView secret = entries[i].secret.view();
    std::ranges::copy(secret,
                      body.bytes().begin() + static_cast<std::ptrdiff_t>(ends[i] - secret.size()));
  }
  return body;
}

core::Result<std::vector<Entry>> decode_entries(core::ByteView cbor) {
  runar::cbor::Limits limits;
  limits.strict = true;
  limits.max_bytes = kMaxBody;
  Reader reader(cbor, limits);
  const auto head = reader.head();
  if (head.kind != CborKind::kArray || head.value > kMaxEntries) {
    reader.fail(runar::cbor::Errc::kWrongType);
  }
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < head.value && reader.ok(); ++i) {
    Entry entry = read_entry(reader);
    if (!entries.empty() && !ascends(entries.back(), entry)) {
      reader.fail(runar::cbor::Errc::kNotCanonical);
    }
    entries.push_back(std::move(entry));
  }
  reader.expect_end();
  if (!reader.ok()) {
    return core::fail(Errc::kKeystoreDamaged, "the list of keys is not well formed");
  }
  return entries;
}

}  // namespace runard::keys
