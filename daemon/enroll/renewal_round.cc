#include "enroll/renewal_round.h"

#include <algorithm>

namespace runard::enroll {

RenewalRound::RenewalRound(std::vector<core::NodeId> issuers, core::Random& random)
    : left_(std::move(issuers)),
      last_error_(core::fail(core::Errc::kNoEndpoint, "no issuer is linked to this node")) {
  for (std::size_t i = left_.size(); i > 1; --i) {
    std::swap(left_[i - 1], left_[random.below(i)]);
  }
  left_.resize(std::min(left_.size(), kMost));
}

std::optional<core::NodeId> RenewalRound::next() {
  if (left_.empty()) {
    return std::nullopt;
  }
  const core::NodeId node = left_.back();
  left_.pop_back();
  return node;
}

}  // namespace runard::enroll
