#include "node/peer_client.h"

namespace runard::node {

void PeerClient::ask(rpc::Handler& peer, const Question& question, Answered answered) {
  const std::uintptr_t number = ++last_;
  open_.emplace(number, std::move(answered));
  rpc::Request asked;
  asked.network = question.network;
  asked.path = question.path;
  if (!question.body.empty()) {
    asked.payload = rpc::Payload::borrow(question.body, rpc::Encoding::kCbor);
  }
  asked.deadline = clock_.now() + question.patience;
  asked.target = question.node;
  peer.call(asked, {this, {number}});
}

void PeerClient::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  core::Result<core::Bytes> answer =
      core::fail(reply.code, std::string(reply.message), reply.executed);
  if (reply.ok()) {
    answer = core::Bytes(reply.payload.bytes.begin(), reply.payload.bytes.end());
  }
  strand_.post([this, number = cookie[0], answer = std::move(answer)]() mutable {
    answered(number, std::move(answer));
  });
}

void PeerClient::answered(std::uintptr_t number, core::Result<core::Bytes> answer) {
  auto open = open_.extract(number);
  if (!open.empty()) {
    open.mapped()(std::move(answer));
  }
}

}  // namespace runard::node
