#include "plugin_host/request_view.h"

#include <algorithm>

#include "plugin_host/abi_values.h"
#include "routing/escape.h"

namespace runard::plugin_host {
namespace {

std::size_t fill(std::span<const rpc::Pair> pairs, std::span<runar_kv> out) {
  const std::size_t count = std::min(pairs.size(), out.size());
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = {to_abi(pairs[i].key), to_abi(pairs[i].value)};
  }
  return count;
}

}  // namespace

// What is not set here is said by no count and no pointer: clearing it would cost each call 1 KiB.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
RequestView::RequestView(const rpc::Request& request, runar_id id) {
  request_.struct_size = sizeof request_;
  request_.flags = 0;
  if ((request.flags & rpc::kInbound) != 0) {
    request_.flags |= RUNAR_REQ_REMOTE;
  }
  if ((request.flags & rpc::kIdempotent) != 0) {
    request_.flags |= RUNAR_REQ_IDEMPOTENT;
  }
  request_.id = id;
  request_.network = to_abi(request.network);
  request_.path = to_abi(request.path);
  request_.action = to_abi(request.pattern);
  request_.params = params_;
  request_.param_count = fill(request.params, params_);
  decode_params();
  request_.meta = meta_;
  request_.meta_count = fill(request.meta, meta_);
  request_.payload = to_abi(request.payload);
  request_.deadline_ns = request.deadline.time_since_epoch().count();
  request_.caller_node =
      request.caller.node.is_zero() ? runar_str{} : to_abi(request.caller.node.text(node_));
  request_.caller_service = to_abi(request.caller.service);
  request_.caller_profile = request.caller.profile.is_zero()
                                ? runar_str{}
                                : to_abi(request.caller.profile.text(profile_));
  request_.trace = request.trace;
}

void RequestView::decode_params() {
  for (runar_kv& param : std::span(params_, request_.param_count)) {
    if (view(param.value).find('%') == std::string_view::npos) {
      continue;
    }
    if (auto decoded = routing::percent_decode_segment(view(param.value))) {
      param.value = to_abi(decoded_.emplace_front(std::move(*decoded)));
    }
  }
}

}  // namespace runard::plugin_host
