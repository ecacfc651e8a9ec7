// How commands come to a CA whose key may be under a passphrase.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "ctl/secret_input.h"
#include "ctl/session.h"
#include "identity/authority.h"

namespace runard::ctl {

// --ca; what `folder` has is the default.
void add_ca_folder(CLI::App& made, std::string& folder);
// --passphrase-file and --passphrase-fd.
void add_ca_passphrase(CLI::App& made, SecretInput& passphrase);

using CaPassphrase = std::optional<crypto::SecretBytes>;  // none: the CA's key is in clear

// What was given; a passphrase that the CA takes and that was not given is asked for on the
// terminal.
core::Result<CaPassphrase> ca_passphrase(const std::string& folder, const SecretInput& given);

core::Result<identity::Authority> open_authority(Session& session, const std::string& folder,
                                                 const CaPassphrase& passphrase);
core::Result<identity::Authority> open_authority(Session& session, const std::string& folder,
                                                 const SecretInput& given);

}  // namespace runard::ctl
