// NodeRequest: what a node asks its CA with: a certificate request and, since networks have keys,
// the node's agreement key, signed by the same key. A PEM text of both; the second may be absent.
//
// Errors: kRequestInvalid, kAgreementKeyInvalid. A value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/request.h"
#include "keys/agreement_record.h"

namespace runard::keys {

struct NodeRequest {
  crypto::SigningRequest request;
  std::optional<AgreementRecord> agreement;  // proven to be of the request's key

  static core::Result<NodeRequest> from_pem(std::string_view text);
};

// `agreement` as sign_agreement() gives it; empty: without.
std::string request_text(const crypto::SigningRequest& request, core::ByteView agreement);

}  // namespace runard::keys
