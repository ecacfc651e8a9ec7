#include "identity/profile.h"

#include <fmt/format.h>
#include <openssl/asn1.h>

#include <algorithm>

#include "core/check.h"
#include "crypto/digest.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "identity/groups.h"
#include "identity/node_labels.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::NetworkId;

constexpr std::size_t kKeyIdSize = 20;

struct FreeSequence {
  void operator()(ASN1_SEQUENCE_ANY* sequence) const {
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
  }
};
using SequencePtr = std::unique_ptr<ASN1_SEQUENCE_ANY, FreeSequence>;

core::Bytes der_of(const ASN1_SEQUENCE_ANY* sequence) {
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_SEQUENCE_ANY(sequence, &der);
  core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

core::Result<NetworkId> network_of(const ASN1_TYPE* element) {
  if (ASN1_TYPE_get(element) == V_ASN1_OCTET_STRING) {
    const ASN1_OCTET_STRING* octets = element->value.octet_string;
    const auto id = NetworkId::from(
        {ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))});
    if (id) {
      return *id;
    }
  }
  return core::fail(Errc::kCertificateBadNetworks, "a network id is not a string of 16 bytes");
}

// RFC 7093, section 2, method 1, over the SubjectPublicKeyInfo: no SHA-1 anywhere.
crypto::ExtensionText subject_key_id(const crypto::PublicKey& key) {
  const crypto::Sha256 digest = crypto::sha256(key.spki());
  return {"subjectKeyIdentifier", crypto::hex(core::ByteView(digest).first(kKeyIdSize))};
}

}  // namespace

core::NodeId node_id_of(const crypto::PublicKey& key) {
  const crypto::Sha256 digest = crypto::sha256(key.spki());
  return *core::NodeId::from(core::ByteView(digest).first(16));
}

std::string node_uri(const core::NodeId& id) {
  return std::string(kNodeUri) + id.text();
}

std::optional<core::NodeId> parse_node_uri(std::string_view uri) {
  if (!uri.starts_with(kNodeUri)) {
    return std::nullopt;
  }
  return core::NodeId::parse(uri.substr(kNodeUri.size()));
}

core::Bytes encode_networks(std::vector<NetworkId> networks) {
  std::ranges::sort(networks);
  const auto doubles = std::ranges::unique(networks);
  networks.erase(doubles.begin(), doubles.end());
  const SequencePtr sequence(sk_ASN1_TYPE_new_null());
  RUNARD_CHECK(sequence != nullptr);
  for (const NetworkId& id : networks) {
    ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
    ASN1_TYPE* element = ASN1_TYPE_new();
    RUNARD_CHECK(octets != nullptr && element != nullptr);
    RUNARD_CHECK(ASN1_STRING_set(octets, id.bytes.data(), static_cast<int>(id.bytes.size())) == 1);
    ASN1_TYPE_set(element, V_ASN1_OCTET_STRING, octets);
    RUNARD_CHECK(sk_ASN1_TYPE_push(sequence.get(), element) > 0);
  }
  return der_of(sequence.get());
}

core::Result<std::vector<NetworkId>> parse_networks(core::ByteView der) {
  const crypto::ErrorScope errors;
  const unsigned char* at = der.data();
  const SequencePtr sequence(d2i_ASN1_SEQUENCE_ANY(nullptr, &at, static_cast<long>(der.size())));
  if (!sequence) {
    return core::fail(Errc::kCertificateBadNetworks, "the networks are not a sequence");
  }
  const int count = sk_ASN1_TYPE_num(sequence.get());
  if (count == 0) {
    return core::fail(Errc::kCertificateNoNetworks, "the certificate names no network");
  }
  if (static_cast<std::size_t>(count) > kMaxNetworks) {
    return core::fail(Errc::kCertificateTooManyNetworks,
                      fmt::format("the certificate names {} networks, at most {} are taken", count,
                                  kMaxNetworks));
  }
  std::vector<NetworkId> networks;
  for (int i = 0; i < count; ++i) {
    auto id = network_of(sk_ASN1_TYPE_value(sequence.get(), i));
    if (!id) {
      return id.error();
    }
    networks.push_back(*id);
  }
  // What a CA writes has one form only; so nothing can hide in another.
  if (!std::ranges::equal(encode_networks(networks), der)) {
    return core::fail(Errc::kCertificateBadNetworks,
                      "the networks are not in ascending order, or not in DER");
  }
  return networks;
}

std::vector<crypto::ExtensionText> node_extensions(const crypto::PublicKey& key,
                                                   const std::vector<NetworkId>& networks,
                                                   const NodeAttributes& attributes) {
  std::vector<crypto::ExtensionText> extensions = {
      {"basicConstraints", "critical,CA:FALSE"},
      {"keyUsage", "critical,digitalSignature"},
      {"extendedKeyUsage", "serverAuth,clientAuth"},
      subject_key_id(key),
      {"authorityKeyIdentifier", "keyid:always"},
      {"subjectAltName", "URI:" + node_uri(node_id_of(key))},
      {std::string(kNetworksOid), "DER:" + crypto::hex(encode_networks(networks))}};
  const auto list = [&](std::string_view oid, const core::Bytes& der) {
    extensions.push_back({std::string(oid), "DER:" + crypto::hex(der)});
  };
  if (!attributes.groups.empty()) {
    list(kGroupsOid, encode_groups(attributes.groups));
  }
  if (!attributes.labels.empty()) {
    list(kNodeLabelsOid, encode_node_labels(attributes.labels));
  }
  return extensions;
}

std::vector<crypto::ExtensionText> authority_extensions(const crypto::PublicKey& key) {
  return {{"basicConstraints", "critical,CA:TRUE,pathlen:1"},
          {"keyUsage", "critical,keyCertSign,cRLSign"},
          subject_key_id(key)};
}

std::vector<crypto::ExtensionText> cross_extensions(const crypto::PublicKey& key) {
  return {{"basicConstraints", "critical,CA:TRUE,pathlen:0"},
          {"keyUsage", "critical,keyCertSign,cRLSign"},
          subject_key_id(key),
          {"authorityKeyIdentifier", "keyid:always"}};
}

}  // namespace runard::identity
