#include "keys/user_profile.h"

#include <algorithm>

#include "crypto/hkdf.h"
#include "crypto/secret_array.h"
#include "envelope/joined_bytes.h"
#include "identity/durable_file.h"
#include "identity/name.h"
#include "keys/entries.h"

namespace runard::keys {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;
using identity::Statement;

constexpr const char* kCertificateFile = "profile.pem";
constexpr std::string_view kLabel = "runard v1 profile";
// The two secrets of a user, as versions of one entry.
constexpr std::uint32_t kRootVersion = 1;
constexpr std::uint32_t kSeedVersion = 2;

KeyId id_of(const crypto::PublicKey& root) {
  return KeyId{identity::subject_of(root).bytes};
}

std::int64_t now_of(const identity::Host& host) {
  return std::chrono::floor<std::chrono::milliseconds>(host.clock.wall())
      .time_since_epoch()
      .count();
}

Entry entry_of(const identity::Host& host, const KeyId& id, std::uint32_t version,
               const std::string& name, crypto::SecretBytes secret) {
  const std::int64_t now = now_of(host);
  return {EntryKind::kRoot, id, version, EntryState::kActive, now, now, name, std::move(secret)};
}

core::Result<Statement> read_certificate(const fs::path& folder) {
  const auto text = identity::read_file(folder / kCertificateFile);
  if (!text) {
    return text.error();
  }
  auto statements = Statement::parse_pem(*text);
  if (!statements || statements->size() != 1 ||
      statements->front().key().kind != identity::StatementKind::kProfile) {
    return fail(Errc::kProfileInvalid,
                (folder / kCertificateFile).string() + ": not a profile's certificate");
  }
  return statements->front();
}

}  // namespace

core::Result<crypto::AgreementPrivateKey> derive_profile_key(core::ByteView seed,
                                                             std::uint32_t version) {
  crypto::Hkdf hkdf;
  hkdf.set_salt({});
  hkdf.extract(seed);
  envelope::JoinedBytes<32> info;
  info.add(kLabel);
  info.add_number(version);
  crypto::SecretArray<crypto::kAgreementPrivateSize> raw;
  if (!hkdf.expand(info.view(), raw.bytes())) {
    return fail(Errc::kInternal, "HKDF gave no key");
  }
  return crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, raw.view());
}

UserProfile::UserProfile(const identity::Host& host, fs::path folder, Keystore store,
                         crypto::PrivateKey root, ProfileCertificate certificate,
                         std::uint64_t generation)
    : host_(host),
      folder_(std::move(folder)),
      store_(std::move(store)),
      root_(std::move(root)),
      id_(id_of(root_.public_key())),
      certificate_(std::move(certificate)),
      generation_(generation) {}

core::Result<UserProfile> UserProfile::create(const identity::Host& host, const fs::path& folder,
                                              const std::string& name, const KekSource& source) {
  if (auto good = identity::check_name(name, "profile"); !good) {
    return good.error();
  }
  if (auto made = identity::make_private_folder(host.disk, folder); !made) {
    return made.error();
  }
  const auto root = crypto::PrivateKey::generate();
  auto pem = root ? root->pem() : core::Result<crypto::SecretBytes>(root.error());
  if (!pem) {
    return pem.error();
  }
  crypto::SecretBytes seed(kSeedSize);
  host.random.fill(seed.bytes());
  const KeyId id = id_of(root->public_key());
  std::vector<Entry> entries;
  entries.push_back(entry_of(host, id, kRootVersion, name, std::move(*pem)));
  entries.push_back(entry_of(host, id, kSeedVersion, name, std::move(seed)));
  auto store = Keystore::create(host, folder, source, {}, std::move(entries));
  if (!store) {
    return store.error();
  }
  return assemble(host, folder, std::move(*store));
}

core::Result<UserProfile> UserProfile::open(const identity::Host& host, const fs::path& folder,
                                            const KekSource& source) {
  auto store = Keystore::open(host, folder, source, Use::kWrite);
  if (!store) {
    return store.error();
  }
  return assemble(host, folder, std::move(*store));
}

core::Result<UserProfile> UserProfile::assemble(const identity::Host& host, const fs::path& folder,
                                                Keystore store) {
  const auto& entries = store.entries();
  const auto at = std::ranges::find(entries, EntryKind::kRoot, &Entry::kind);
  if (at == entries.end()) {
    return fail(Errc::kProfileInvalid, folder.string() + ": not a profile's keystore");
  }
  auto root = crypto::PrivateKey::from_pem(at->secret);
  const Entry* seed = find_entry(entries, EntryKind::kRoot, at->id, kSeedVersion);
  if (!root || seed == nullptr || id_of(root->public_key()) != at->id) {
    return fail(Errc::kProfileInvalid, folder.string() + ": the profile's keys are not whole");
  }
  const auto key = derive_profile_key(seed->secret.view(), 1);
  if (!key) {
    return key.error();
  }
  ProfileCertificate certificate{at->name, 1, key->public_key(), {}, 0};
  std::uint64_t generation = 0;
  if (const auto last = read_certificate(folder)) {
    auto parsed = ProfileCertificate::parse(last->body());
    if (!parsed) {
      return parsed.error();
    }
    certificate = std::move(*parsed);
    generation = last->generation();
  } else if (last.error().code != Errc::kNotFound) {
    return last.error();
  }
  return UserProfile(host, folder, std::move(store), std::move(*root), std::move(certificate),
                     generation);
}

core::Result<Statement> UserProfile::publish(std::vector<core::NodeId> nodes,
                                             std::uint64_t not_after_ms) {
  std::ranges::sort(nodes);
  const auto doubles = std::ranges::unique(nodes);
  nodes.erase(doubles.begin(), doubles.end());
  if (nodes.size() > kMaxProfileNodes) {
    return fail(Errc::kTooLarge, "more nodes than may act for one profile");
  }
  ProfileCertificate next = certificate_;
  next.nodes = std::move(nodes);
  next.not_after_ms = not_after_ms;
  auto statement =
      Statement::sign({{identity::StatementKind::kProfile, identity::SubjectId{id_.bytes}},
                       generation_ + 1,
                       host_.clock.wall(),
                       next.bytes()},
                      root_);
  if (!statement) {
    return statement.error();
  }
  const std::string text = statement->pem();
  const auto written = identity::write_durably(host_.disk, folder_ / kCertificateFile,
                                               core::as_bytes(text), identity::kPublicMode);
  if (!written) {
    return written.error();
  }
  certificate_ = std::move(next);
  ++generation_;
  return statement;
}

core::Result<void> UserProfile::rotate() {
  const Entry* seed = find_entry(store_.entries(), EntryKind::kRoot, id_, kSeedVersion);
  const auto key = derive_profile_key(seed->secret.view(), certificate_.version + 1);
  if (!key) {
    return key.error();
  }
  certificate_.version += 1;
  certificate_.key = key->public_key();
  return {};
}

core::Result<Delegation> UserProfile::delegate(const AgreementRecord& to) {
  const Entry* seed = find_entry(store_.entries(), EntryKind::kRoot, id_, kSeedVersion);
  const auto key = derive_profile_key(seed->secret.view(), certificate_.version);
  const auto raw = key ? key->raw() : core::Result<crypto::SecretBytes>(key.error());
  if (!raw) {
    return raw.error();
  }
  return Delegation::seal(id_, certificate_.version, raw->view(), to, host_.random);
}

}  // namespace runard::keys
