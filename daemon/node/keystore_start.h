// How the daemon comes to its keystore: by what identity.keystore.kek says.
#pragma once

#include <string>

#include "config/config.h"
#include "core/log.h"
#include "keys/keystore.h"

namespace runard::node {

// Opens the keystore of node.state_dir for writing; warns of one whose key lies beside it in clear.
// `credentials` is what $CREDENTIALS_DIRECTORY says, or empty. Errors of open_node_keystore, with
// kKeystoreKek when the source that the configuration names is not there.
core::Result<keys::Keystore> open_keystore(const identity::Host& host, const config::Config& config,
                                           const std::string& credentials, const core::Log& log);

}  // namespace runard::node
