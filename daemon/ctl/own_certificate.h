// A node's own certificate, as its commands ask for it and tell of it: node csr, enroll, install.
#pragma once

#include <string>

#include "ctl/session.h"
#include "identity/identity_folder.h"
#include "keys/keystore.h"

namespace runard::ctl {

struct OwnRequest {
  core::NodeId node;
  std::string name;   // that it asks for
  std::string words;  // of its key, for people: enroll::key_words
  std::string text;   // for the CA: a certificate request and the agreement key
};
// `wished` is the name to ask for; empty: what the state directory says, else the node's id.
core::Result<OwnRequest> own_request(const keys::Keystore& store, const std::string& state,
                                     const std::string& wished);

// The exit code.
int tell_installed(Session& session, const identity::CheckedBundle& installed,
                   const std::string& state);

}  // namespace runard::ctl
