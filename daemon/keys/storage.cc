#include "keys/storage.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/check.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/hkdf.h"
#include "crypto/secret_array.h"
#include "envelope/joined_bytes.h"
#include "identity/byte_reader.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kHead = 1 + 4 + kSaltSize;
constexpr std::string_view kLabel = "runard v1 storage";
constexpr std::string_view kPurposeLabel = "runard v1 storage purpose";
constexpr std::array<std::uint8_t, crypto::kAeadNonceSize> kNonce{};  // each key is used once

void put_with_length(std::string& bytes, std::string_view text) {
  for (unsigned i = 0; i < 4; ++i) {
    bytes.push_back(static_cast<char>(text.size() >> (24 - 8 * i)));
  }
  bytes += text;
}

// None of the parts can run into the next one.
crypto::Sha256 hash_of(const StorageContext& context) {
  std::string bytes;
  put_with_length(bytes, context.network);
  if (context.purpose.empty()) {
    bytes += context.service;
  } else {
    put_with_length(bytes, context.service);
    bytes += context.purpose;
  }
  return crypto::sha256(core::as_bytes(bytes));
}

// The head of the sealed bytes has the salt: 32 random bytes, so no key comes twice.
void derive(core::ByteView secret, core::ByteView head, const StorageContext& context,
            std::span<std::uint8_t> key) {
  crypto::Hkdf hkdf;
  hkdf.set_salt(head.last(kSaltSize));
  hkdf.extract(secret);
  envelope::JoinedBytes<64> info;
  info.add(context.purpose.empty() ? kLabel : kPurposeLabel).add(hash_of(context));
  RUNARD_CHECK(hkdf.expand(info.view(), key));
}

core::Error does_not_open() {
  return fail(Errc::kStoredSecretInvalid, "stored bytes do not open for this service here");
}

}  // namespace

void Storage::hold(std::span<const Entry> entries) {
  auto held = std::make_shared<Keys>();
  for (const Entry& entry : entries) {
    if (entry.kind == EntryKind::kStorage && entry.secret.size() == crypto::kAeadKeySize) {
      held->by_version.emplace(entry.version, crypto::SecretBytes::copy_of(entry.secret.view()));
      if (entry.state == EntryState::kActive) {
        held->active = std::max(held->active, entry.version);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  keys_ = std::move(held);
}

std::shared_ptr<const Storage::Keys> Storage::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

core::Result<core::Bytes> Storage::seal(const StorageContext& context,
                                        core::ByteView plaintext) const {
  if (plaintext.size() > kMaxStored) {
    return fail(Errc::kTooLarge, "at most 16 MiB are sealed at once");
  }
  const auto held = keys();
  if (held->active == 0) {
    return fail(Errc::kKeyMissing, "this node has no key for storage");
  }
  core::Bytes sealed(kStorageOverhead + plaintext.size());
  sealed[0] = kFormat;
  for (unsigned i = 0; i < 4; ++i) {
    sealed[1 + i] = static_cast<std::uint8_t>(held->active >> (24 - 8 * i));
  }
  const std::span<std::uint8_t> all(sealed);
  random_.fill(all.subspan(5, kSaltSize));
  const core::ByteView head = core::ByteView(sealed).first(kHead);
  crypto::SecretArray<crypto::kAeadKeySize> key;
  derive(held->by_version.at(held->active).view(), head, context, key.bytes());
  crypto::Aead(crypto::AeadAlgorithm::kAes256Gcm)
      .seal(key.view(), kNonce, head, plaintext, all.subspan(kHead));
  return sealed;
}

core::Result<core::Bytes> Storage::open(const StorageContext& context,
                                        core::ByteView sealed) const {
  if (sealed.size() < kStorageOverhead || sealed.size() > kStorageOverhead + kMaxStored ||
      sealed[0] != kFormat) {
    return does_not_open();
  }
  identity::ByteReader in(sealed.subspan(1));
  const auto held = keys();
  const auto at = held->by_version.find(static_cast<std::uint32_t>(in.number(4)));
  if (at == held->by_version.end()) {
    return does_not_open();
  }
  const core::ByteView head = sealed.first(kHead);
  crypto::SecretArray<crypto::kAeadKeySize> key;
  derive(at->second.view(), head, context, key.bytes());
  core::Bytes plaintext(sealed.size() - kStorageOverhead);
  if (!crypto::Aead(crypto::AeadAlgorithm::kAes256Gcm)
           .open(key.view(), kNonce, head, sealed.subspan(kHead), plaintext)) {
    return does_not_open();
  }
  return plaintext;
}

bool add_storage_key(std::vector<Entry>& entries, std::uint64_t now_ms, core::Random& random) {
  const auto there = std::ranges::count(entries, EntryKind::kStorage, &Entry::kind);
  if (static_cast<std::size_t>(there) >= kMaxStorageKeys) {
    return false;
  }
  KeyId id;
  random.fill(id.bytes);
  std::uint32_t version = 1;
  for (Entry& entry : entries) {
    if (entry.kind == EntryKind::kStorage) {
      id = entry.id;
      version = std::max(version, entry.version + 1);
      if (entry.state != EntryState::kDecryptOnly) {
        entry.state = EntryState::kDecryptOnly;
        entry.changed_ms = static_cast<std::int64_t>(now_ms);
      }
    }
  }
  crypto::SecretBytes secret(crypto::kAeadKeySize);
  random.fill(secret.bytes());
  const auto time = static_cast<std::int64_t>(now_ms);
  entries.push_back(
      {EntryKind::kStorage, id, version, EntryState::kActive, time, time, "", std::move(secret)});
  return true;
}

}  // namespace runard::keys
