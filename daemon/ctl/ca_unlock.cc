#include "ctl/ca_unlock.h"

#include "ctl/command.h"

namespace runard::ctl {

void add_ca_folder(CLI::App& made, std::string& folder) {
  made.add_option("--ca", folder, "The CA's folder")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
}

void add_ca_passphrase(CLI::App& made, SecretInput& passphrase) {
  add_secret_options(made, passphrase, "passphrase", "the passphrase of the CA's key");
}

core::Result<CaPassphrase> ca_passphrase(const std::string& folder, const SecretInput& given) {
  if (!given.is_given() && !identity::Authority::is_encrypted(folder)) {
    return CaPassphrase();
  }
  auto text =
      given.is_given() ? read_text(given) : ask_passphrase("Passphrase of the CA: ", Ask::kOnce);
  return text ? core::Result<CaPassphrase>(std::move(*text)) : text.error();
}

core::Result<identity::Authority> open_authority(Session& session, const std::string& folder,
                                                 const CaPassphrase& passphrase) {
  const identity::Host host{session.disk, session.clock, session.random};
  return passphrase ? identity::Authority::open(host, folder, *passphrase)
                    : identity::Authority::open(host, folder);
}

core::Result<identity::Authority> open_authority(Session& session, const std::string& folder,
                                                 const SecretInput& given) {
  const auto passphrase = ca_passphrase(folder, given);
  return passphrase ? open_authority(session, folder, *passphrase) : passphrase.error();
}

}  // namespace runard::ctl
