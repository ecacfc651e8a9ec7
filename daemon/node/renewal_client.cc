#include "node/renewal_client.h"

#include "enroll/messages.h"
#include "node/issuer.h"
#include "node/renewal.h"

namespace runard::node {

void RenewalClient::ask(rpc::Handler& issuer, const core::NodeId& node, const std::string& network,
                        core::Bytes request, Granted granted) {
  const std::uintptr_t number = ++last_;
  open_.emplace(number, std::move(granted));
  rpc::Request asked;
  asked.network = network;
  asked.path = Issuer::kRenewPath;
  asked.payload = rpc::Payload::borrow(request, rpc::Encoding::kCbor);
  asked.deadline = clock_.now() + Renewal::kPatience;
  asked.target = node;
  issuer.call(asked, {this, {number}});
}

void RenewalClient::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  core::Result<core::Bytes> answer =
      core::fail(reply.code, std::string(reply.message), reply.executed);
  if (reply.ok()) {
    answer = core::Bytes(reply.payload.bytes.begin(), reply.payload.bytes.end());
  }
  strand_.post(
      [this, number = cookie[0], answer = std::move(answer)] { answered(number, answer); });
}

void RenewalClient::answered(std::uintptr_t number, const core::Result<core::Bytes>& answer) {
  auto open = open_.extract(number);
  if (!open.empty()) {
    open.mapped()(answer ? enroll::decode_granted(*answer)
                         : core::Result<std::string>(answer.error()));
  }
}

}  // namespace runard::node
