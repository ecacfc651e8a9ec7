#include "node/issuer_start.h"

#include <fmt/format.h>

#include <filesystem>

#include "identity/authority.h"
#include "identity/durable_file.h"

namespace runard::node {
namespace {

using core::Errc;

core::Result<crypto::SecretBytes> text_of(core::Result<crypto::SecretBytes> read) {
  if (!read) {
    return read.error().code == Errc::kNotFound ? core::Result<crypto::SecretBytes>(core::fail(
                                                      Errc::kKeystoreKek, read.error().about))
                                                : std::move(read);
  }
  core::ByteView view = read->view();
  if (!view.empty() && view.back() == '\n') {
    view = view.first(view.size() - 1);
  }
  return crypto::SecretBytes::copy_of(view);
}

}  // namespace

core::Result<crypto::SecretBytes> ca_passphrase(const config::Config& config,
                                                const std::string& credentials) {
  if (!config.issuer || !identity::Authority::is_encrypted(config.issuer->ca)) {
    return crypto::SecretBytes();
  }
  if (!config.issuer->passphrase_file.empty()) {
    return text_of(identity::read_secret(config.issuer->passphrase_file));
  }
  const std::filesystem::path file = std::filesystem::path(credentials) / kCaCredentialName;
  std::error_code ignored;
  if (!credentials.empty() && std::filesystem::exists(file, ignored)) {
    return text_of(identity::read_credential(file));
  }
  return core::fail(
      Errc::kKeystoreKek,
      fmt::format("issuer.ca: the key of the CA in {} is encrypted: name its passphrase in "
                  "issuer.passphrase_file, or pass systemd's credential {}",
                  config.issuer->ca, kCaCredentialName));
}

}  // namespace runard::node
