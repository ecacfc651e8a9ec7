#include "identity/certificate.h"

#include <openssl/objects.h>

#include <algorithm>

#include "core/check.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/openssl_error.h"
#include "identity/groups.h"
#include "identity/name.h"
#include "identity/node_labels.h"
#include "identity/profile.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, crypto::Freer<GENERAL_NAMES_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, crypto::Freer<ASN1_OBJECT_free>>;

core::ByteView view_of(const ASN1_STRING* string) {
  return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

core::Result<core::NodeId> named_node(const X509* leaf) {
  int place = 0;  // -1: no such extension, -2: several
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, &place, nullptr)));
  if (!names) {
    return fail(Errc::kCertificateNodeUri, place == -1 ? "the certificate names no node"
                                                       : "the certificate's names are malformed");
  }
  if (sk_GENERAL_NAME_num(names.get()) != 1) {
    return fail(Errc::kCertificateNodeUri, "the certificate has more than one name");
  }
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  if (name->type != GEN_URI) {
    return fail(Errc::kCertificateNodeUri, "the certificate's name is not a URI");
  }
  const auto id = parse_node_uri(core::as_text(view_of(name->d.uniformResourceIdentifier)));
  if (!id) {
    return fail(Errc::kCertificateNodeUri, "the certificate's URI is not runar://node/ID");
  }
  return *id;
}

struct Extension {
  int count = 0;  // 2: several
  core::ByteView value;
};
Extension extension_of(const X509* leaf, std::string_view dotted) {
  const ObjectPtr oid(OBJ_txt2obj(std::string(dotted).c_str(), 1));
  RUNARD_CHECK(oid != nullptr);
  const int at = X509_get_ext_by_OBJ(leaf, oid.get(), -1);
  if (at < 0) {
    return {};
  }
  return {X509_get_ext_by_OBJ(leaf, oid.get(), at) >= 0 ? 2 : 1,
          view_of(X509_EXTENSION_get_data(X509_get_ext(leaf, at)))};
}

core::Result<std::vector<core::NetworkId>> networks_of(const X509* leaf) {
  const Extension networks = extension_of(leaf, kNetworksOid);
  if (networks.count == 0) {
    return fail(Errc::kCertificateNoNetworks, "the certificate has no list of networks");
  }
  if (networks.count > 1) {
    return fail(Errc::kCertificateBadNetworks, "the certificate has several lists of networks");
  }
  return parse_networks(networks.value);
}

core::Result<core::NodeId> proven_node(X509* leaf) {
  if (X509_check_ca(leaf) != 0) {
    return fail(Errc::kCertificateInvalid, "a CA's certificate is no node's");
  }
  const auto key = crypto::public_key_of(leaf);
  if (!key) {
    return key.error();
  }
  auto id = named_node(leaf);
  if (id && *id != node_id_of(*key)) {
    return fail(Errc::kCertificateNodeId,
                "the certificate's node id is not the hash of its public key");
  }
  return id;
}

core::Result<void> apply_denylist(PeerIdentity& peer, const Denylist& denied) {
  if (denied.nodes.contains(peer.id)) {
    return fail(Errc::kNodeDenied, "node " + peer.id.text() + " is denied");
  }
  std::erase_if(peer.networks, [&](const core::NetworkId& network) {
    return denied.memberships.contains({peer.id, network});
  });
  if (peer.networks.empty()) {
    return fail(Errc::kNodeDenied, "node " + peer.id.text() + " is denied in all its networks");
  }
  return {};
}

// Whatever was shown counts: a chain through a denied CA can't be made without showing that CA.
core::Result<void> check_keys(X509* leaf, const STACK_OF(X509) * shown, const Denylist& denied) {
  if (denied.keys.empty()) {
    return {};
  }
  for (int i = -1; i < (shown == nullptr ? 0 : sk_X509_num(shown)); ++i) {
    const auto key = crypto::public_key_of(i < 0 ? leaf : sk_X509_value(shown, i));
    if (key && denied.keys.contains(crypto::sha256(key->spki()))) {
      return fail(Errc::kNodeDenied, i < 0 ? "the node's key is denied" : "a CA's key is denied");
    }
  }
  return {};
}

int verify_error_of(Errc code) {
  switch (code) {
    case Errc::kCertificateExpired:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case Errc::kCertificateNotYetValid:
      return X509_V_ERR_CERT_NOT_YET_VALID;
    case Errc::kCertificateUntrusted:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;  // alert: unknown_ca
    case Errc::kCertificatePurpose:
      return X509_V_ERR_INVALID_PURPOSE;
    case Errc::kNodeDenied:
      return X509_V_ERR_CERT_REVOKED;
    default:
      return X509_V_ERR_CERT_REJECTED;
  }
}

}  // namespace

core::Result<std::vector<std::string>> groups_of(const X509* leaf) {
  const Extension groups = extension_of(leaf, kGroupsOid);
  if (groups.count > 1) {
    return fail(Errc::kCertificateBadGroups, "the certificate has several lists of groups");
  }
  return groups.count == 0 ? std::vector<std::string>() : parse_groups(groups.value);
}

core::Result<std::vector<std::string>> node_labels_of(const X509* leaf) {
  const Extension labels = extension_of(leaf, kNodeLabelsOid);
  if (labels.count > 1) {
    return fail(Errc::kCertificateBadGroups, "the certificate has several lists of node labels");
  }
  return labels.count == 0 ? std::vector<std::string>() : parse_node_labels(labels.value);
}

core::Result<PeerIdentity> verify_peer(X509* leaf, STACK_OF(X509) * intermediates,
                                       const TrustBundle& trust, core::WallTime now) {
  const crypto::ErrorScope errors;
  const auto ends = crypto::verify_chain(leaf, intermediates, trust.store(), now);
  if (!ends) {
    return ends.error();
  }
  const auto id = proven_node(leaf);
  if (!id) {
    return id.error();
  }
  if (auto allowed = check_keys(leaf, intermediates, trust.denied()); !allowed) {
    return allowed.error();
  }
  auto networks = networks_of(leaf);
  if (!networks) {
    return networks.error();
  }
  auto groups = groups_of(leaf);
  auto labels = node_labels_of(leaf);
  if (!groups || !labels) {
    return groups ? labels.error() : groups.error();
  }
  PeerIdentity peer{*id, crypto::common_name_of(X509_get_subject_name(leaf)), std::move(*networks),
                    std::move(*groups), *ends};
  if (auto key = crypto::public_key_of(leaf)) {
    peer.key = std::make_shared<const crypto::PublicKey>(std::move(*key));
  }
  peer.labels = std::move(*labels);
  if (!valid_name(peer.name)) {
    return fail(Errc::kCertificateInvalid, "the certificate's common name is not a node's name");
  }
  if (auto allowed = apply_denylist(peer, trust.denied()); !allowed) {
    return allowed.error();
  }
  return peer;
}

core::Result<PeerIdentity> verify_peer(X509_STORE_CTX* context, const TrustBundle& trust,
                                       core::WallTime now) {
  auto peer = verify_peer(X509_STORE_CTX_get0_cert(context), X509_STORE_CTX_get0_untrusted(context),
                          trust, now);
  X509_STORE_CTX_set_error(context, peer ? X509_V_OK : verify_error_of(peer.error().code));
  return peer;
}

core::Result<PeerIdentity> verify_peer(std::span<const core::Bytes> chain_der,
                                       const TrustBundle& trust, core::WallTime now) {
  if (chain_der.size() > static_cast<std::size_t>(crypto::kMaxChain)) {
    return fail(Errc::kCertificateInvalid, "too long a chain was shown");
  }
  std::vector<crypto::Certificate> chain;
  const crypto::BorrowedStackPtr stack(sk_X509_new_null());
  RUNARD_CHECK(stack != nullptr);
  for (const core::Bytes& der : chain_der) {
    auto certificate = crypto::Certificate::from_der(der);
    if (!certificate) {
      return certificate.error();
    }
    RUNARD_CHECK(sk_X509_push(stack.get(), certificate->native()) > 0);
    chain.push_back(std::move(*certificate));
  }
  return verify_peer(chain.empty() ? nullptr : chain.front().native(), stack.get(), trust, now);
}

}  // namespace runard::identity
