// NodeIdentity: who this node is, as `runard` needs it to start: key and certificate proven to
// belong together, to be valid now and to come from the installed roots.
//
// Errors: kIdentityMissing, kIdentityUnreadable, kFileMode, kCertificateMismatch and those of
// check_bundle. A value; any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "identity/networks.h"
#include "identity/tls_material.h"

namespace runard::identity {

struct NodeIdentity {
  core::NodeId id;
  std::string name;
  std::vector<NetworkDescriptor> networks;  // ascending by id
  std::vector<std::string> groups;          // ascending
  core::WallTime not_after;
  std::shared_ptr<const TlsMaterial> tls;
  std::vector<std::string> labels{};  // ascending; node_labels.h

  // Reads STATE/identity; the key comes from the keystore. For a reload, call it again and put the
  // material into the slot.
  static core::Result<NodeIdentity> load(const std::filesystem::path& state_dir,
                                         crypto::PrivateKey key, core::WallTime now,
                                         Denylist denied = {});
};

}  // namespace runard::identity
