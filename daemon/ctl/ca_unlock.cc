#include "ctl/ca_unlock.h"

#include "ctl/command.h"

namespace runard::ctl {

void add_ca_passphrase(CLI::App& made, SecretInput& passphrase) {
  made.add_option("--passphrase-file", passphrase.file,
                  "A file with the passphrase of the CA's key; - is standard input")
      ->type_name(value_name::kFile);
  made.add_option("--passphrase-fd", passphrase.fd, "A descriptor to read it from")
      ->check(CLI::NonNegativeNumber)
      ->type_name(value_name::kNumber);
}

core::Result<identity::Authority> open_authority(Session& session, const std::string& folder,
                                                 const SecretInput& passphrase) {
  const identity::Host host{session.disk, session.clock, session.random};
  if (!passphrase.is_given() && !identity::Authority::is_encrypted(folder)) {
    return identity::Authority::open(host, folder);
  }
  const auto text = passphrase.is_given() ? read_text(passphrase)
                                          : ask_passphrase("Passphrase of the CA: ", Ask::kOnce);
  if (!text) {
    return text.error();
  }
  return identity::Authority::open(host, folder, *text);
}

}  // namespace runard::ctl
