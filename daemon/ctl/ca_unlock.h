// How commands come to a CA whose key may be under a passphrase.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "ctl/secret_input.h"
#include "ctl/session.h"
#include "identity/authority.h"

namespace runard::ctl {

// --passphrase-file and --passphrase-fd.
void add_ca_passphrase(CLI::App& made, SecretInput& passphrase);

// Asks on the terminal for a passphrase that the CA takes and that was not given.
core::Result<identity::Authority> open_authority(Session& session, const std::string& folder,
                                                 const SecretInput& passphrase);

}  // namespace runard::ctl
