// Who is at the other end of a link, and how that is found out.
#pragma once

#include <openssl/x509_vfy.h>

#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"

namespace runard::transport {

// What a verified certificate says.
struct PeerIdentity {
  core::NodeId node;
  std::string name;
  std::vector<core::NetworkId> networks;
  std::vector<std::string> groups;
  core::WallTime not_after{};
  std::vector<std::string> labels{};  // of the node: identity/node_labels.h
};

// Checks the peer's chain as TLS put it into the context (leaf and untrusted intermediates), both
// roles alike, and sets the context's error when it fails: the alert is made from it. Runs on the
// I/O thread in the middle of a handshake: no I/O, no waiting.
using PeerVerifier = std::function<core::Result<PeerIdentity>(X509_STORE_CTX* context)>;

}  // namespace runard::transport
