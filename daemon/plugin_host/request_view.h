// RequestView: a request as a plugin sees it: what its pattern captured is percent-decoded. Borrows
// the request; lives on the stack.
#pragma once

#include <runar/plugin.h>

#include <forward_list>
#include <string>

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
  void decode_params();

  runar_request request_;
  core::NodeId::Text node_;        // of a remote caller
  core::ProfileId::Text profile_;  // of the user behind it
  runar_kv params_[kMaxParams];
  std::forward_list<std::string> decoded_;  // what params_ refers to besides the request
  runar_kv meta_[kMaxMeta];
};

}  // namespace runard::plugin_host
