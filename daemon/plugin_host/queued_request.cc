#include "plugin_host/queued_request.h"

#include "plugin_host/instance.h"
#include "plugin_host/runtime.h"
#include "plugin_host/status.h"

namespace runard::plugin_host {
namespace {

std::size_t text_size(std::span<const rpc::Pair> pairs) {
  std::size_t size = 0;
  for (const rpc::Pair& pair : pairs) {
    size += pair.key.size() + pair.value.size();
  }
  return size;
}

}  // namespace

// text_ has room for all, so it does not move.
std::string_view QueuedRequest::keep(std::string_view text) {
  const std::size_t begin = text_.size();
  text_.append(text);
  return std::string_view(text_).substr(begin);
}

std::span<const rpc::Pair> QueuedRequest::keep(std::span<const rpc::Pair> pairs,
                                               std::size_t first) {
  for (const rpc::Pair& pair : pairs) {
    const std::string_view key = keep(pair.key);
    pairs_.push_back({key, keep(pair.value)});
  }
  return std::span<const rpc::Pair>(pairs_).subspan(first);
}

bool QueuedRequest::fill(Context& context, Action& action, runar_id id,
                         const rpc::Request& request) {
  context_ = &context;
  action_ = &action;
  id_ = id;
  text_.clear();
  pairs_.clear();
  text_.reserve(request.network.size() + request.path.size() + request.pattern.size() +
                request.caller.service.size() + text_size(request.params) +
                text_size(request.meta));
  pairs_.reserve(request.params.size() + request.meta.size());
  request_ = request;
  request_.payload = request.payload.keep();
  request_.network = keep(request.network);
  request_.path = keep(request.path);
  request_.pattern = keep(request.pattern);
  request_.caller.service = keep(request.caller.service);
  request_.caller.network = {};  // no plugin is told
  request_.recipients = {};      // it has arrived
  request_.params = keep(request.params, 0);
  request_.meta = keep(request.meta, request.params.size());
  return request_.payload.bytes.size() == request.payload.bytes.size();
}

void QueuedRequest::run() noexcept {
  Context& context = *context_;
  Runtime& runtime = context.runtime();
  const runar_status state = runtime.requests.state(context, id_);
  if (state == RUNAR_OK) {
    context.instance().run_handler(*action_, request_, id_);
  } else if (state != RUNAR_E_STALE) {  // stale: answered by the reaper or the instance's end
    // Nobody waits any more, so the work is not begun.
    rpc::Reply reply = failure_of(state, context.label().service);
    reply.executed = core::Executed::kNo;
    runtime.requests.answer(context, id_, reply);
  }
  const std::size_t bytes = request_.payload.bytes.size();
  request_ = {};
  context.instance().end_payload(bytes);
  if (text_.capacity() > kKeptText) {
    text_ = {};
  }
  runtime.queued.abandon(pool_id);  // gives the record back to the pool
  context.leave();                  // the last: from here on the instance may go
}

}  // namespace runard::plugin_host
