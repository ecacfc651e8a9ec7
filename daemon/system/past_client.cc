#include "system/past_client.h"

#include <algorithm>
#include <utility>

#include "system/events_service.h"
#include "wire/past.h"

namespace runard::system {

void PastClient::ask(rpc::Handler& peer, const core::NodeId& node, rpc::PastQuery query,
                     Done done) {
  Job job;
  job.peer = &peer;
  job.node = node;
  job.query = std::move(query);
  job.query.bytes = std::min(job.query.bytes, payload_limit_);
  job.done = std::move(done);
  strand_.post([this, job = std::move(job)]() mutable { begin(std::move(job)); });
}

void PastClient::begin(Job job) {
  job.deadline = clock_.now() + kTimeout;
  const std::uint64_t number = ++last_;
  jobs_.emplace(number, std::move(job));
  send(number);
}

void PastClient::send(std::uint64_t number) {
  const Job& job = jobs_.at(number);
  const core::Bytes body = wire::encode(job.query);
  rpc::Request request;
  request.network = job.query.network;
  request.path = EventsService::kPastPath;
  request.payload = rpc::Payload::borrow(body, rpc::Encoding::kCbor);
  request.deadline = job.deadline;
  request.flags = rpc::kIdempotent;
  request.target = job.node;
  job.peer->call(request, {this, {number, 0, 0}});
}

// On any thread, maybe inside send().
void PastClient::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  core::Result<rpc::Payload> answer =
      reply.ok() ? core::Result<rpc::Payload>(reply.payload.keep())
                 : core::fail(reply.code, std::string(reply.message), reply.executed);
  strand_.post(
      [this, number = cookie[0], answer = std::move(answer)] { answered(number, answer); });
}

void PastClient::answered(std::uint64_t number, const core::Result<rpc::Payload>& answer) {
  Job& job = jobs_.at(number);
  if (answer.has_error() && answer.error().code == core::Errc::kNotFound &&
      clock_.now() + job.pause < job.deadline) {
    strand_.after(job.pause, [this, number] { send(number); });
    job.pause = std::min(2 * job.pause, kLongestPause);
    return;
  }
  Job done = std::move(job);
  jobs_.erase(number);
  done.done(answer.has_error()
                ? core::Result<rpc::PastPage>(answer.error())
                : wire::decode_past_page(answer->bytes, done.query.network, done.node));
}

}  // namespace runard::system
