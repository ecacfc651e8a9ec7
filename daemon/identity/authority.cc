#include "identity/authority.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/ca_copy.h"
#include "identity/certificate.h"
#include "identity/durable_file.h"
#include "identity/issue.h"
#include "identity/name.h"
#include "identity/profile.h"
#include "identity/rotation.h"
#include "identity/sealed_key.h"
#include "identity/staged_files.h"
#include "identity/time_text.h"

namespace runard::identity {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;

constexpr const char* kNetworksFile = "networks";
constexpr const char* kLogFile = "issued.log";
constexpr const char* kLockFile = "lock";
constexpr std::size_t kMaxMeshNetworks = 4096;
constexpr std::size_t kIdText = 26;

core::Error missing_if_absent(core::Error error) {
  if (error.code == Errc::kNotFound) {
    error.code = Errc::kCaMissing;
  }
  return error;
}

// The certificate is written last: with it the CA exists.
core::Result<void> write_authority(Disk& disk, const fs::path& folder,
                                   const crypto::SecretBytes& key,
                                   const crypto::Certificate& certificate) {
  if (auto ok = write_durably(disk, folder / kCaKeyFile, key.view(), kSecretMode); !ok) {
    return ok.error();
  }
  const std::string text = certificate.pem();
  return write_durably(disk, folder / kCaCertificateFile, core::as_bytes(text), kPublicMode);
}

core::Result<crypto::PrivateKey> key_in(const fs::path& file,
                                        const crypto::SecretBytes& passphrase) {
  const auto text = read_secret(file);
  if (!text) {
    return missing_if_absent(text.error());
  }
  const bool is_sealed = is_sealed_key(text->view());
  if (is_sealed && passphrase.empty()) {
    return fail(
        Errc::kKeystoreKek,
        fmt::format("{}: the CA's key is encrypted, and takes its passphrase", file.string()));
  }
  auto key = is_sealed ? open_key(text->view(), passphrase) : crypto::PrivateKey::from_pem(*text);
  if (!key) {
    const Errc code = key.error().code == Errc::kKeystoreLocked ? Errc::kKeystoreLocked
                                                                : Errc::kIdentityUnreadable;
    return fail(code, fmt::format("{}: {}", file.string(), key.error().about));
  }
  return key;
}

// A key is never overwritten, whatever its condition: it may be all that is left of a CA.
core::Result<void> check_absent(const fs::path& folder) {
  std::error_code ignored;
  const auto present = [&](const char* file) {
    return fs::symlink_status(folder / file, ignored).type() != fs::file_type::not_found;
  };
  if (present(kCaCertificateFile)) {
    return fail(Errc::kConflict, fmt::format("{}: there is a CA already", folder.string()));
  }
  if (present(kCaKeyFile)) {
    return fail(Errc::kConflict,
                fmt::format("{}: there is a ca.key without its ca.crt; if an earlier 'ca init' was "
                            "interrupted, remove it, else restore ca.crt",
                            folder.string()));
  }
  return {};
}

core::Result<std::vector<NetworkDescriptor>> parse_networks_file(std::string_view text,
                                                                 const fs::path& file) {
  std::vector<NetworkDescriptor> networks;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto id = core::NetworkId::parse(line.substr(0, kIdText));
    const std::string_view name = line.size() > kIdText ? line.substr(kIdText + 1) : "";
    if (end == std::string_view::npos || !id || !valid_name(name) || line[kIdText] != ' ' ||
        networks.size() == kMaxMeshNetworks) {
      return fail(Errc::kIdentityUnreadable,
                  fmt::format("{}:{}: not an id and a name", file.string(), networks.size() + 1));
    }
    networks.push_back({*id, std::string(name)});
    text.remove_prefix(end + 1);
  }
  return networks;
}

core::Result<std::vector<NetworkDescriptor>> named(const std::vector<NetworkDescriptor>& known,
                                                   const std::vector<std::string>& names) {
  std::vector<NetworkDescriptor> chosen;
  for (const std::string& name : names) {
    const auto at = std::ranges::find(known, name, &NetworkDescriptor::name);
    if (at == known.end()) {
      return fail(
          Errc::kNotFound,
          fmt::format("no network \"{}\" in this mesh; 'runarctl network create' makes one", name));
    }
    if (std::ranges::find(chosen, *at) == chosen.end()) {
      chosen.push_back(*at);
    }
  }
  return chosen;
}

Grant grant_of(const Order& order, const std::vector<NetworkDescriptor>& networks) {
  Grant grant{order.name, {}, order.lifetime, order.groups, order.labels};
  for (const NetworkDescriptor& network : networks) {
    grant.networks.push_back(network.id);
  }
  return grant;
}

IssueRecord record_of(const crypto::Certificate& certificate, const Order& order,
                      const std::vector<NetworkDescriptor>& networks, core::WallTime now) {
  IssueRecord record{time_text(now),
                     certificate.serial(),
                     node_id_of(order.request.public_key()),
                     order.name,
                     {},
                     time_text(certificate.not_after()),
                     *groups_of(certificate.native()),
                     std::chrono::ceil<std::chrono::seconds>(order.lifetime).count(),
                     order.renewal,
                     *node_labels_of(certificate.native())};
  for (const NetworkDescriptor& network : networks) {
    record.networks.push_back(network.name);
  }
  return record;
}

// Before anything reads the log, so that one which is full already heals.
core::Result<void> archive_log(const Host& host, const fs::path& folder) {
  const auto counted = Rotation::counted_in(folder);
  return counted ? Authority::issued_in(folder).archive(host.disk, host.clock.wall(), *counted)
                 : core::Result<void>();
}

}  // namespace

core::Result<Authority> Authority::create(const Host& host, const fs::path& folder,
                                          const std::string& name, core::Duration lifetime,
                                          const crypto::SecretBytes& passphrase) {
  auto key = crypto::PrivateKey::generate();
  if (!key) {
    return key.error();
  }
  auto certificate = issue_root(*key, name, lifetime, host.clock.wall(), host.random);
  if (!certificate) {
    return certificate.error();
  }
  const auto text = identity::key_text(*key, passphrase, host.random);
  if (!text) {
    return text.error();
  }
  if (auto made = make_private_folder(host.disk, folder); !made) {
    return made.error();
  }
  auto lock = FileLock::acquire(folder / kLockFile);
  if (!lock) {
    return lock.error();
  }
  if (auto ok = check_absent(folder); !ok) {
    return ok.error();
  }
  if (auto ok = write_authority(host.disk, folder, *text, *certificate); !ok) {
    return ok.error();
  }
  return Authority(
      host, folder, std::move(*lock),
      {std::move(*key), std::move(*certificate), crypto::SecretBytes::copy_of(passphrase.view())});
}

bool Authority::is_encrypted(const fs::path& folder) {
  const auto text = read_secret(folder / kCaKeyFile);
  return text && is_sealed_key(text->view());
}

core::Result<Authority> Authority::open(const Host& host, const fs::path& folder,
                                        const crypto::SecretBytes& passphrase, Purpose purpose) {
  if (auto found = certificate_in(folder); !found) {
    return found.error();
  }
  if (purpose != Purpose::kRenewal && is_copy(folder)) {
    return fail(Errc::kConflict,
                fmt::format("{}: a copy of the CA, which only renews certificates: do it where the "
                            "CA itself is",
                            folder.string()));
  }
  auto lock = FileLock::acquire(folder / kLockFile, kLockPatience);
  if (!lock) {
    return lock.error();
  }
  if (auto ok = mend_staged(host.disk, folder); !ok) {
    return ok.error();
  }
  if (auto ok = Rotation::mend(host.disk, folder); !ok) {
    return ok.error();
  }
  if (auto ok = archive_log(host, folder); !ok) {
    return ok.error();
  }
  auto root = read_root(folder, passphrase);
  if (!root) {
    return root.error();
  }
  return Authority(host, folder, std::move(*lock), std::move(*root));
}

core::Result<void> Authority::reload() {
  auto root = read_root(folder_, passphrase_);
  if (!root) {
    return root.error();
  }
  key_ = std::move(root->key);
  certificate_ = std::move(root->certificate);
  return {};
}

core::Result<Authority::Root> Authority::read_root(const fs::path& folder,
                                                   const crypto::SecretBytes& passphrase) {
  auto certificate = certificate_in(folder);
  if (!certificate) {
    return certificate.error();
  }
  auto key = key_in(folder / kCaKeyFile, passphrase);
  if (!key) {
    return key.error();
  }
  const auto certified = certificate->public_key();
  if (!certified || !(*certified == key->public_key())) {
    return fail(Errc::kCertificateMismatch,
                fmt::format("{}: ca.key is not the key of ca.crt", folder.string()));
  }
  return Root{std::move(*key), std::move(*certificate),
              crypto::SecretBytes::copy_of(passphrase.view())};
}

core::Result<crypto::SecretBytes> Authority::key_text(const crypto::PrivateKey& key) const {
  return identity::key_text(key, passphrase_, host_.random);
}

core::Result<crypto::PrivateKey> Authority::read_key(const fs::path& file) const {
  return key_in(file, passphrase_);
}

core::Result<crypto::Certificate> Authority::certificate_in(const fs::path& folder) {
  const auto text = read_file(folder / kCaCertificateFile);
  if (!text) {
    return missing_if_absent(text.error());
  }
  auto certificate = crypto::Certificate::from_pem(*text);
  if (!certificate || !certificate->is_authority()) {
    return fail(
        Errc::kIdentityUnreadable,
        fmt::format("{}: {}", (folder / kCaCertificateFile).string(),
                    certificate ? "not the certificate of a CA" : certificate.error().about));
  }
  return certificate;
}

core::Result<std::vector<NetworkDescriptor>> Authority::networks_in(const fs::path& folder) {
  const fs::path file = folder / kNetworksFile;
  const auto text = read_file(file, kMaxMeshNetworks * (kIdText + kMaxName + 2));
  if (!text && text.error().code == Errc::kNotFound) {
    return std::vector<NetworkDescriptor>();
  }
  return text ? parse_networks_file(*text, file) : text.error();
}

IssueLog Authority::issued_in(const fs::path& folder) {
  return IssueLog(folder / kLogFile);
}

core::Result<NetworkDescriptor> Authority::create_network(const std::string& name) {
  if (auto good = identity::check_name(name, "network"); !good) {
    return good.error();
  }
  auto networks = networks_in(folder_);
  if (!networks) {
    return networks.error();
  }
  if (std::ranges::find(*networks, name, &NetworkDescriptor::name) != networks->end()) {
    return fail(Errc::kConflict, fmt::format("there is a network \"{}\" already", name));
  }
  if (networks->size() == kMaxMeshNetworks) {
    return fail(Errc::kTooLarge, fmt::format("a mesh has at most {} networks", kMaxMeshNetworks));
  }
  NetworkDescriptor fresh{{}, name};
  host_.random.fill(fresh.id.bytes);
  networks->push_back(fresh);
  std::string text;
  for (const NetworkDescriptor& network : *networks) {
    text += fmt::format("{} {}\n", network.id.text(), network.name);
  }
  const auto written =
      write_durably(host_.disk, folder_ / kNetworksFile, core::as_bytes(text), kPublicMode);
  if (!written) {
    return written.error();
  }
  return fresh;
}

core::Result<void> Authority::check_name(const Order& order) const {
  const auto records = issued_in(folder_).read();
  if (!records) {
    return records.error();
  }
  const auto last = std::find_if(records->rbegin(), records->rend(),
                                 [&](const IssueRecord& r) { return r.name == order.name; });
  if (last != records->rend() && last->node != node_id_of(order.request.public_key()) &&
      !order.replace) {
    return fail(
        Errc::kConflict,
        fmt::format("\"{}\" is the name of node {}; --replace gives it to node {}", order.name,
                    last->node.text(), node_id_of(order.request.public_key()).text()));
  }
  return {};
}

core::Result<Bundle> Authority::sign(const Order& order) {
  const auto known = networks_in(folder_);
  if (!known) {
    return known.error();
  }
  const auto networks = named(*known, order.networks);
  if (!networks) {
    return networks.error();
  }
  auto trust = trust_in(folder_, certificate_);
  if (!trust) {
    return trust.error();
  }
  const core::WallTime now = host_.clock.wall();
  auto certificate = issue_node({key_, certificate_}, order.request.public_key(),
                                grant_of(order, *networks), now, host_.random);
  if (!certificate) {
    return certificate.error();
  }
  auto names = SignedNetworks::sign(*networks, key_);
  if (!names) {
    return names.error();
  }
  if (auto ok = check_name(order); !ok) {
    return ok.error();
  }
  const IssueRecord issued = record_of(*certificate, order, *networks, now);
  if (auto ok = issued_in(folder_).append(host_.disk, issued); !ok) {
    return ok.error();
  }
  Bundle bundle{std::move(*certificate),
                std::move(trust->cross),
                std::move(trust->roots),
                std::move(*names),
                {}};
  for (auto* statement : {&trust->trust, &trust->denylist}) {
    if (*statement) {
      bundle.statements.push_back(std::move(**statement));
    }
  }
  return bundle;
}

}  // namespace runard::identity
