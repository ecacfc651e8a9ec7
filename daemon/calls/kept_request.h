// KeptRequest: a request's own copy, for a call that goes on after its caller's frame returned.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rpc/handler.h"

namespace runard::calls {

class KeptRequest {
 public:
  // Copies what `request` borrows, but for what the dispatcher fills in; an owned payload is
  // shared.
  void keep(const rpc::Request& request);
  // Borrows from this object.
  rpc::Request view() const;
  bool kept() const { return kept_; }
  void clear();

 private:
  bool kept_ = false;
  rpc::Request request_;
  std::string network_, path_, service_, service_network_;
  std::vector<std::pair<std::string, std::string>> meta_;
  std::vector<rpc::Pair> meta_view_;
  std::vector<core::ProfileId> recipients_;
};

}  // namespace runard::calls
