#include "keys/node_request.h"

#include "crypto/pem.h"
#include "identity/profile.h"
#include "keys/entries.h"

namespace runard::keys {

using core::Errc;
using core::fail;

core::Result<NodeRequest> NodeRequest::from_pem(std::string_view text) {
  const auto blocks = crypto::parse_pem(text);
  if (!blocks || blocks->empty() || blocks->size() > 2) {
    return fail(Errc::kRequestInvalid,
                blocks ? "not a request and an agreement key" : blocks.error().about);
  }
  auto request = crypto::SigningRequest::from_pem(
      crypto::write_pem(blocks->front().label, blocks->front().der));
  if (!request) {
    return request.error();
  }
  if (blocks->size() == 1) {
    return NodeRequest{std::move(*request), std::nullopt};
  }
  if (blocks->back().label != kAgreementLabel) {
    return fail(Errc::kRequestInvalid, "a request has a block that does not belong in it");
  }
  auto agreement = verify_agreement(blocks->back().der, request->public_key());
  if (!agreement) {
    return agreement.error();
  }
  return NodeRequest{std::move(*request), std::move(*agreement)};
}

core::Result<std::string> make_request(const crypto::PrivateKey& identity, const std::string& name,
                                       std::span<const Entry> entries) {
  const auto request = crypto::SigningRequest::create(identity, name);
  if (!request) {
    return request.error();
  }
  const core::NodeId node = identity::node_id_of(identity.public_key());
  const auto agreement = agreement_record(entries, node, identity);
  return request_text(*request, agreement ? *agreement : core::Bytes());
}

std::string request_text(const crypto::SigningRequest& request, core::ByteView agreement) {
  std::string text = request.pem();
  return agreement.empty() ? text : text + crypto::write_pem(kAgreementLabel, agreement);
}

}  // namespace runard::keys
