#include "identity/rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <initializer_list>

#include "identity/ca_copy.h"
#include "identity/denied.h"
#include "identity/durable_file.h"
#include "identity/issue.h"
#include "identity/revocation.h"
#include "identity/time_text.h"
#include "identity/trust_roots.h"

namespace runard::identity {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;
using crypto::Certificate;

constexpr const char* kNextCertificate = "next.crt";
constexpr const char* kNextCross = "next.cross";
constexpr const char* kPrevious = "previous.crt";
constexpr const char* kCross = "cross.crt";
constexpr const char* kActivating = "activating";  // a step that must be completed

bool present(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(file, ignored));
}

core::Result<Certificate> read_certificate(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) {
    return text.error();
  }
  auto certificate = Certificate::from_pem(*text);
  if (!certificate) {
    return fail(Errc::kIdentityUnreadable,
                fmt::format("{}: {}", file.string(), certificate.error().about));
  }
  return certificate;
}

core::Result<std::optional<Statement>> read_statement(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) {
    return text.error().code == Errc::kNotFound
               ? core::Result<std::optional<Statement>>(std::nullopt)
               : text.error();
  }
  const auto statements = Statement::parse_pem(*text);
  if (!statements || statements->size() != 1) {
    return fail(Errc::kIdentityUnreadable, file.string() + ": not one statement");
  }
  return std::optional(statements->front());
}

core::Result<void> write_text(Disk& disk, const fs::path& file, const std::string& text) {
  return write_durably(disk, file, core::as_bytes(text), kPublicMode);
}

core::Result<void> copy_secret(Disk& disk, const fs::path& from, const fs::path& to) {
  const auto secret = read_secret(from);
  return secret ? write_durably(disk, to, secret->view(), kSecretMode) : secret.error();
}

core::Result<void> copy_public(Disk& disk, const fs::path& from, const fs::path& to) {
  const auto text = read_file(from);
  return text ? write_text(disk, to, *text) : text.error();
}

core::Result<void> remove_files(Disk& disk, const fs::path& folder,
                                std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const int error = disk.remove(folder / name); error < 0 && error != -ENOENT) {
      return system_error(folder / name, "remove", -error);
    }
  }
  const int error = disk.sync_folder(folder);
  return error < 0 ? core::Result<void>(system_error(folder, "fsync", -error))
                   : core::Result<void>();
}

core::Result<Statement> write_trust(const Authority& authority, std::uint64_t generation,
                                    const std::vector<Certificate>& roots) {
  auto statement = Statement::sign({{StatementKind::kTrust, {}},
                                    generation,
                                    authority.host().clock.wall(),
                                    encode_trust_roots(roots)},
                                   authority.key());
  if (!statement) {
    return statement.error();
  }
  const auto written =
      write_text(authority.host().disk, authority.folder() / kTrustFile, statement->pem());
  if (!written) {
    return written.error();
  }
  return statement;
}

// An earlier version wrote down the time alone.
std::optional<std::size_t> count_in(const std::string& activated) {
  const std::size_t line = std::min(activated.find('\n'), activated.size());
  const char* const end = activated.data() + activated.size();
  std::size_t count = 0;
  const char* const number = activated.data() + std::min(line + 1, activated.size());
  return std::from_chars(number, end, count).ec == std::errc{} ? std::optional(count)
                                                               : std::nullopt;
}

// How many of the records the old root signed. By the time alone: what was signed in that second
// counts as old.
std::size_t signed_before(const std::string& activated, const std::vector<IssueRecord>& records) {
  if (const auto count = count_in(activated)) {
    return *count;
  }
  const std::string when = activated.substr(0, activated.find('\n'));
  return static_cast<std::size_t>(
      std::ranges::count_if(records, [&](const IssueRecord& record) { return record.at <= when; }));
}

bool lists(const std::optional<Statement>& trust, const Certificate& root) {
  const auto roots = trust ? parse_trust_roots(trust->body())
                           : core::Result<std::vector<Certificate>>(std::vector<Certificate>());
  return roots && std::ranges::find(*roots, root) != roots->end();
}

}  // namespace

core::Result<FolderTrust> trust_in(const fs::path& folder, const Certificate& own) {
  FolderTrust found;
  auto trust = read_statement(folder / kTrustFile);
  auto denylist = read_statement(folder / kDenylistFile);
  if (!trust || !denylist) {
    return trust ? denylist.error() : trust.error();
  }
  found.trust = std::move(*trust);
  found.denylist = std::move(*denylist);
  if (found.trust) {
    auto roots = parse_trust_roots(found.trust->body());
    if (!roots) {
      return roots.error();
    }
    found.roots = std::move(*roots);
    std::erase(found.roots, own);
  }
  found.roots.push_back(own);
  if (present(folder / kCross)) {
    auto cross = read_certificate(folder / kCross);
    if (!cross) {
      return cross.error();
    }
    found.cross.push_back(std::move(*cross));
  }
  return found;
}

core::Result<std::uint64_t> Rotation::generation_in(const fs::path& folder) {
  const auto trust = read_statement(folder / kTrustFile);
  if (!trust) {
    return trust.error();
  }
  return *trust ? (*trust)->generation() : 0;
}

// The certificate is written last: with it the next root exists.
core::Result<Certificate> Rotation::make_next(core::Duration lifetime) const {
  const Host& host = authority_.host();
  const fs::path& folder = authority_.folder();
  const auto key = crypto::PrivateKey::generate();
  if (!key) {
    return key.error();
  }
  const core::WallTime now = host.clock.wall();
  auto root = issue_next_root(*key, authority_.certificate(), lifetime, now, host.random);
  if (!root) {
    return root.error();
  }
  const auto cross =
      issue_cross({authority_.key(), authority_.certificate()}, *root, now, host.random);
  if (!cross) {
    return cross.error();
  }
  const auto kept = authority_.key_text(*key);
  if (!kept) {
    return kept.error();
  }
  if (auto ok = write_durably(host.disk, folder / kNextKeyFile, kept->view(), kSecretMode); !ok) {
    return ok.error();
  }
  if (auto ok = write_text(host.disk, folder / kNextCross, cross->pem()); !ok) {
    return ok.error();
  }
  if (auto ok = write_text(host.disk, folder / kNextCertificate, root->pem()); !ok) {
    return ok.error();
  }
  return root;
}

core::Result<Statement> Rotation::prepare(core::Duration lifetime) const {
  const fs::path& folder = authority_.folder();
  if (present(folder / kPrevious)) {
    return fail(Errc::kConflict, "the root before this one is not retired yet");
  }
  const auto next = present(folder / kNextCertificate) ? read_certificate(folder / kNextCertificate)
                                                       : make_next(lifetime);
  return next ? trust_both(*next) : next.error();
}

core::Result<Statement> Rotation::trust_both(const Certificate& next) const {
  const auto trust = read_statement(authority_.folder() / kTrustFile);
  if (!trust) {
    return trust.error();
  }
  if (lists(*trust, next)) {
    return **trust;
  }
  const std::uint64_t generation = *trust ? (*trust)->generation() : 0;
  return write_trust(authority_, generation + 1, {authority_.certificate(), next});
}

core::Result<std::optional<Statement>> Rotation::activate() const {
  const Host& host = authority_.host();
  const fs::path& folder = authority_.folder();
  const auto trust = read_statement(folder / kTrustFile);
  const auto next = read_certificate(folder / kNextCertificate);
  if (present(folder / kActivatedFile) && !present(folder / kNextCertificate)) {
    auto known = trust_in(folder, authority_.certificate());
    return known ? core::Result<std::optional<Statement>>(std::move(known->denylist))
                 : known.error();
  }
  if (!next || !trust || !lists(*trust, *next)) {
    return fail(Errc::kConflict, "there is no next root: begin with 'runarctl ca rotate prepare'");
  }
  const auto key = authority_.read_key(folder / kNextKeyFile);
  if (!key) {
    return key.error();
  }
  auto denylist = sign_denylist_again(authority_, *key);
  if (!denylist) {
    return denylist.error();
  }
  const auto records = Authority::issued_in(folder).read();
  if (!records) {
    return records.error();
  }
  const std::string when = fmt::format("{}\n{}\n", time_text(host.clock.wall()), records->size());
  if (auto ok = copy_public(host.disk, folder / kCaCertificateFile, folder / kPrevious); !ok) {
    return ok.error();
  }
  if (auto ok = write_text(host.disk, folder / kActivatedFile, when); !ok) {
    return ok.error();
  }
  if (auto ok = write_text(host.disk, folder / kActivating, when); !ok) {
    return ok.error();
  }
  if (auto ok = mend(host.disk, folder); !ok) {
    return ok.error();
  }
  return denylist;
}

std::optional<std::size_t> Rotation::counted_in(const fs::path& folder) {
  const auto activated = read_file(folder / kActivatedFile);
  if (!activated) {
    return activated.error().code == Errc::kNotFound ? std::optional<std::size_t>(0) : std::nullopt;
  }
  return count_in(*activated);
}

// Each step may be done again until the mark is gone; the sources go after it.
core::Result<void> Rotation::mend(Disk& disk, const fs::path& folder) {
  if (!present(folder / kActivating)) {
    const auto next = read_certificate(folder / kNextCertificate);
    const auto own = read_certificate(folder / kCaCertificateFile);
    const bool done = next && own && *next == *own;  // but for what is removed last
    return done ? remove_files(disk, folder, {kNextCertificate, kNextCross, kNextKeyFile})
                : core::Result<void>();
  }
  if (auto ok = copy_public(disk, folder / kNextCross, folder / kCross); !ok) {
    return ok;
  }
  if (auto ok = copy_secret(disk, folder / kNextKeyFile, folder / kCaKeyFile); !ok) {
    return ok;
  }
  if (auto ok = copy_public(disk, folder / kNextCertificate, folder / kCaCertificateFile); !ok) {
    return ok;
  }
  if (auto ok = remove_files(disk, folder, {kActivating}); !ok) {
    return ok;
  }
  return remove_files(disk, folder, {kNextCertificate, kNextCross, kNextKeyFile});
}

core::Result<void> Rotation::check_rotated() const {
  const fs::path& folder = authority_.folder();
  return present(folder / kActivatedFile) && present(folder / kPrevious) &&
                 !present(folder / kNextCertificate)
             ? core::Result<void>()
             : fail(Errc::kConflict,
                    "there is no old root: begin with 'runarctl ca rotate prepare'");
}

core::Result<std::vector<OldHolder>> Rotation::held_back(const ShownCertificates& shown) const {
  if (auto ok = check_rotated(); !ok) {
    return ok.error();
  }
  const auto activated = read_file(authority_.folder() / kActivatedFile);
  const auto records = Authority::issued_in(authority_.folder()).read();
  const auto known = trust_in(authority_.folder(), authority_.certificate());
  if (!activated || !records || !known) {
    return !activated ? activated.error() : !records ? records.error() : known.error();
  }
  Denylist denied;
  const core::WallTime now = authority_.host().clock.wall();
  if (known->denylist) {
    const auto entries = parse_denied(known->denylist->body());
    denied = entries ? in_force(*entries, now) : Denylist{};
  }
  return old_holders(
      {*records, signed_before(*activated, *records), has_copies(authority_.folder())}, shown,
      denied, now);
}

// The trust statement says that it was done; a crash may have left files of the old root.
core::Result<std::optional<Statement>> Rotation::retired() const {
  const fs::path& folder = authority_.folder();
  auto trust = read_statement(folder / kTrustFile);
  if (!trust || !*trust || present(folder / kNextCertificate)) {
    return trust ? core::Result<std::optional<Statement>>(std::nullopt) : trust.error();
  }
  const auto roots = parse_trust_roots((*trust)->body());
  if (!roots || *roots != std::vector{authority_.certificate()}) {
    return std::optional<Statement>();
  }
  if (auto ok = remove_files(authority_.host().disk, folder, {kCross, kActivatedFile, kPrevious});
      !ok) {
    return ok.error();
  }
  return trust;
}

// Whoever still shows a certificate of the old root would be shut out.
core::Result<Statement> Rotation::retire(bool force, const ShownCertificates& shown) const {
  const Host& host = authority_.host();
  const fs::path& folder = authority_.folder();
  const auto done = retired();
  if (!done || *done) {
    return done ? core::Result<Statement>(**done) : done.error();
  }
  if (auto ok = check_rotated(); !ok) {
    return ok.error();
  }
  const auto trust = read_statement(folder / kTrustFile);
  if (!trust || !*trust) {
    return trust ? fail(Errc::kConflict, "the CA's folder has no trust.pem") : trust.error();
  }
  const auto holders =
      force ? core::Result<std::vector<OldHolder>>(std::vector<OldHolder>()) : held_back(shown);
  if (!holders) {
    return holders.error();
  }
  if (!holders->empty()) {
    return fail(Errc::kConflict, fmt::format("{} of the nodes may still need the old root, \"{}\" "
                                             "for one",
                                             holders->size(), holders->front().name));
  }
  auto statement = write_trust(authority_, (*trust)->generation() + 1, {authority_.certificate()});
  if (!statement) {
    return statement;
  }
  if (auto ok = remove_files(host.disk, folder, {kCross, kActivatedFile, kPrevious}); !ok) {
    return ok.error();
  }
  return statement;
}

}  // namespace runard::identity
