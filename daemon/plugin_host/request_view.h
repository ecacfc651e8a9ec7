// RequestView: a request as a plugin sees it. Borrows the request; lives on the stack.
#pragma once

#include <runar/plugin.h>

#include "plugin_host/limits.h"
#include "rpc/handler.h"

namespace runard::plugin_host {

class RequestView {
 public:
  RequestView(const rpc::Request& request, runar_id id);
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;
  const runar_request* get() const { return &request_; }

 private:
  runar_request request_;
  core::NodeId::Text node_;        // of a remote caller
  core::ProfileId::Text profile_;  // of the user behind it
  runar_kv params_[kMaxParams];
  runar_kv meta_[kMaxMeta];
};

}  // namespace runard::plugin_host
