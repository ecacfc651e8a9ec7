// RenewalRound: one attempt to renew: asks one issuer after the other, in an order by chance, until
// one grants. Sans-I/O. One owner.
#pragma once

#include <optional>
#include <vector>

#include "core/ids.h"
#include "core/random.h"
#include "core/result.h"

namespace runard::enroll {

class RenewalRound {
 public:
  static constexpr std::size_t kMost = 8;  // issuers asked in one round

  RenewalRound(std::vector<core::NodeId> issuers, core::Random& random);
  // Whom to ask now; nobody: all were asked, last_error() says what the last one said.
  std::optional<core::NodeId> next();
  void refused(core::Error why) { last_error_ = std::move(why); }
  const core::Error& last_error() const { return last_error_; }

 private:
  std::vector<core::NodeId> left_;
  core::Error last_error_;
};

}  // namespace runard::enroll
