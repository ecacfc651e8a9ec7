#include "identity/networks.h"

#include <algorithm>
#include <set>

#include "identity/name.h"
#include "identity/profile.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kIdSize = 16;
constexpr std::size_t kMaxSignature = 80;  // ECDSA P-256 in DER has at most 72 bytes
constexpr std::string_view kContext = "runard networks v1";

core::Bytes encode(const std::vector<NetworkDescriptor>& networks) {
  core::Bytes bytes = {kVersion, static_cast<std::uint8_t>(networks.size())};
  for (const NetworkDescriptor& network : networks) {
    bytes.insert(bytes.end(), network.id.bytes.begin(), network.id.bytes.end());
    bytes.push_back(static_cast<std::uint8_t>(network.name.size()));
    bytes.insert(bytes.end(), network.name.begin(), network.name.end());
  }
  return bytes;
}

// The context keeps a signature from being one over something else that the CA signs.
core::Bytes to_be_signed(const std::vector<NetworkDescriptor>& networks) {
  core::Bytes bytes(kContext.begin(), kContext.end());
  bytes.push_back(0);
  const core::Bytes body = encode(networks);
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

// What is wrong with a list that is in order, or nothing.
std::string_view fault_of(const std::vector<NetworkDescriptor>& networks) {
  if (networks.empty() || networks.size() > kMaxNetworks) {
    return "there must be 1 to 64 networks";
  }
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    if (i > 0 && networks[i - 1].id >= networks[i].id) {
      return "network ids are repeated or not in order";
    }
    if (!valid_name(networks[i].name)) {
      return "a network's name has characters that names can't have";
    }
    if (!names.insert(networks[i].name).second) {
      return "two networks have the same name";
    }
  }
  return {};
}

// Takes `size` bytes from the front; empty when there are not as many.
core::ByteView take(core::ByteView& bytes, std::size_t size) {
  if (bytes.size() < size) {
    return {};
  }
  const core::ByteView front = bytes.first(size);
  bytes = bytes.subspan(size);
  return front;
}

bool parse_one(core::ByteView& bytes, NetworkDescriptor& network) {
  const auto id = core::NetworkId::from(take(bytes, kIdSize));
  const core::ByteView length = take(bytes, 1);
  if (!id || length.empty() || length[0] == 0) {
    return false;
  }
  const core::ByteView name = take(bytes, length[0]);
  network = {*id, std::string(core::as_text(name))};
  return !name.empty();
}

}  // namespace

core::Result<SignedNetworks> SignedNetworks::sign(std::vector<NetworkDescriptor> networks,
                                                  const crypto::PrivateKey& key) {
  std::ranges::sort(networks, {}, &NetworkDescriptor::id);
  if (const std::string_view fault = fault_of(networks); !fault.empty()) {
    return fail(Errc::kInvalidArgument, std::string(fault));
  }
  auto signature = key.sign(to_be_signed(networks));
  if (!signature) {
    return signature.error();
  }
  return SignedNetworks(std::move(networks), std::move(*signature));
}

core::Result<SignedNetworks> SignedNetworks::parse(core::ByteView bytes) {
  const core::ByteView head = take(bytes, 2);
  if (head.empty() || head[0] != kVersion) {
    return fail(Errc::kBundleInvalid, "the list of networks is of an unknown version");
  }
  std::vector<NetworkDescriptor> networks(head[1]);
  for (NetworkDescriptor& network : networks) {
    if (!parse_one(bytes, network)) {
      return fail(Errc::kBundleInvalid, "the list of networks is cut off");
    }
  }
  if (const std::string_view fault = fault_of(networks); !fault.empty()) {
    return fail(Errc::kBundleInvalid, "the list of networks is wrong: " + std::string(fault));
  }
  if (bytes.empty() || bytes.size() > kMaxSignature) {
    return fail(Errc::kBundleInvalid, "the list of networks has no signature");
  }
  return SignedNetworks(std::move(networks), {bytes.begin(), bytes.end()});
}

core::Bytes SignedNetworks::bytes() const {
  core::Bytes bytes = encode(networks_);
  bytes.insert(bytes.end(), signature_.begin(), signature_.end());
  return bytes;
}

bool SignedNetworks::verify(const crypto::PublicKey& key) const {
  return key.verify(to_be_signed(networks_), signature_);
}

std::vector<core::NetworkId> SignedNetworks::ids() const {
  std::vector<core::NetworkId> ids;
  for (const NetworkDescriptor& network : networks_) {
    ids.push_back(network.id);
  }
  return ids;
}

}  // namespace runard::identity
