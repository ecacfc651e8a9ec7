// A CA's folder, opened with the keystore of its networks' keys, by commands.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ctl/ca_unlock.h"
#include "ctl/session.h"
#include "keys/ca_folder.h"

namespace runard::ctl {

using CaNetworks = keys::CaFolder;

// The networks' keys are under the passphrase of the CA's key, or in clear as it is.
core::Result<std::unique_ptr<CaNetworks>> open_networks(Session& session, const std::string& folder,
                                                        const CaPassphrase& passphrase);

// Tells which nodes were left out of the networks' keys, if any.
void tell_lapsed(Session& session, const CaNetworks& ca);

// A node that is shut out, of one network or (none named) of all.
struct ShutOut {
  core::NodeId node;
  std::string network;
};

// The keys of those networks without it; none when it had none.
core::Result<std::vector<identity::Statement>> rotate_without(Session& session,
                                                              const std::string& folder,
                                                              const CaPassphrase& passphrase,
                                                              const ShutOut& out);

// The keys of all networks whose newest statement another key than the CA's own signed: that of a
// root which goes.
core::Result<std::vector<identity::Statement>> sign_networks_again(Session& session,
                                                                   const std::string& folder,
                                                                   const CaPassphrase& passphrase);

// A node by its id, or by the name that the CA signed it under last. kNotFound.
core::Result<core::NodeId> node_of_ca(const std::string& folder, const std::string& node);
// A network by its name. kNotFound.
core::Result<core::NetworkId> network_of_ca(const std::string& folder, const std::string& name);

}  // namespace runard::ctl
