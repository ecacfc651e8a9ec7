// A CA's folder, opened with the keystore of its networks' keys, by commands.
#pragma once

#include <memory>
#include <string>

#include "ctl/ca_unlock.h"
#include "ctl/session.h"
#include "keys/ca_folder.h"

namespace runard::ctl {

using CaNetworks = keys::CaFolder;

// The networks' keys are under the passphrase of the CA's key, or in clear as it is.
core::Result<std::unique_ptr<CaNetworks>> open_networks(Session& session, const std::string& folder,
                                                        const CaPassphrase& passphrase);
core::Result<std::unique_ptr<CaNetworks>> open_networks(Session& session, identity::Authority ca,
                                                        const CaPassphrase& passphrase);

// Tells which nodes were left out of the networks' keys, if any.
void tell_lapsed(Session& session, const CaNetworks& ca);

// A node by its id, or by the name that the CA signed it under last. kNotFound.
core::Result<core::NodeId> node_of_ca(const std::string& folder, const std::string& node);
// A network by its name. kNotFound.
core::Result<core::NetworkId> network_of_ca(const std::string& folder, const std::string& name);

}  // namespace runard::ctl
