#include "calls/kept_request.h"

namespace runard::calls {

void KeptRequest::keep(const rpc::Request& request) {
  request_ = request;
  request_.payload = request.payload.keep();
  request_.pattern = {};  // what it matched is found anew
  request_.params = {};
  request_.action = 0;
  network_ = request.network;
  path_ = request.path;
  service_ = request.caller.service;
  service_network_ = request.caller.network;
  recipients_.assign(request.recipients.begin(), request.recipients.end());
  meta_.clear();
  meta_.reserve(request.meta.size());
  for (const rpc::Pair& pair : request.meta) {
    meta_.emplace_back(pair.key, pair.value);
  }
  meta_view_.clear();
  for (const auto& [key, value] : meta_) {
    meta_view_.push_back({key, value});
  }
  kept_ = true;
}

rpc::Request KeptRequest::view() const {
  rpc::Request request = request_;
  request.network = network_;
  request.path = path_;
  request.caller.service = service_;
  request.caller.network = service_network_;
  request.meta = meta_view_;
  request.recipients = recipients_;
  request.flags &= ~static_cast<std::uint32_t>(rpc::kDirect);  // its caller's frame is gone
  return request;
}

void KeptRequest::clear() {
  kept_ = false;
  request_ = rpc::Request{};
}

}  // namespace runard::calls
