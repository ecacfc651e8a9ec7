// NodeRequest: what a node asks its CA with: a certificate request and, since networks have keys,
// the node's agreement key, signed by the same key. A PEM text of both; the second may be absent.
//
// Errors: kRequestInvalid, kAgreementKeyInvalid. A value.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/request.h"
#include "keys/agreement_record.h"
#include "keys/entry.h"

namespace runard::keys {

struct NodeRequest {
  crypto::SigningRequest request;
  std::optional<AgreementRecord> agreement;  // proven to be of the request's key

  static core::Result<NodeRequest> from_pem(std::string_view text);
};

// What a node asks with: for a certificate of `identity` with this name, and with the newest
// agreement key among `entries`. A node of an earlier version has none until its daemon starts.
core::Result<std::string> make_request(const crypto::PrivateKey& identity, const std::string& name,
                                       std::span<const Entry> entries);

// `agreement` as sign_agreement() gives it; empty: without.
std::string request_text(const crypto::SigningRequest& request, core::ByteView agreement);

}  // namespace runard::keys
