// What stands in the certificates of a mesh; README.md of this folder has it as a table.
//
// A node is named by runar://node/ID, where ID is the first half of the SHA-256 of its key, so a
// name can't be claimed without the key. Networks stand there as random ids, never as names: a
// server shows its certificate to any stranger.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "crypto/certificate_builder.h"
#include "crypto/key.h"

namespace runard::identity {

// 2.25.UUID (ITU-T X.667) of runard; .1 is the extension with the networks, .2 that with
// the groups (groups.h), .3 that with the node's labels (node_labels.h).
inline constexpr std::string_view kNetworksOid = "2.25.57836357743514407586802384919422898689.1";
inline constexpr std::string_view kNodeUri = "runar://node/";
inline constexpr std::size_t kMaxNetworks = 64;

// A certificate begins a little before it was made, for nodes whose clock is behind.
inline constexpr std::chrono::minutes kBackdate{5};

core::NodeId node_id_of(const crypto::PublicKey& key);
std::string node_uri(const core::NodeId& id);
std::optional<core::NodeId> parse_node_uri(std::string_view uri);

// SEQUENCE OF OCTET STRING (SIZE(16)) in DER, ascending and without doubles.
core::Bytes encode_networks(std::vector<core::NetworkId> networks);
// Errors: kCertificateNoNetworks, kCertificateTooManyNetworks, kCertificateBadNetworks.
core::Result<std::vector<core::NetworkId>> parse_networks(core::ByteView der);

// What else stands in an extension of its own, checked; without any there is none.
struct NodeAttributes {
  std::vector<std::string> groups{};  // groups.h
  std::vector<std::string> labels{};  // node_labels.h
};
std::vector<crypto::ExtensionText> node_extensions(const crypto::PublicKey& key,
                                                   const std::vector<core::NetworkId>& networks,
                                                   const NodeAttributes& attributes = {});
std::vector<crypto::ExtensionText> authority_extensions(const crypto::PublicKey& key);
// Of a root's key, certified by another root.
std::vector<crypto::ExtensionText> cross_extensions(const crypto::PublicKey& key);

}  // namespace runard::identity
