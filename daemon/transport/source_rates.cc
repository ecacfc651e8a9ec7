#include "transport/source_rates.h"

#include <algorithm>
#include <cstring>

namespace runard::transport {

Source source_of(const Address& address) {
  Source source{};
  if (address.is_v4()) {
    source[0] = 4;  // no global IPv6 prefix begins so
    std::memcpy(source.data() + 4, &address.v4().sin_addr, 4);
  } else {
    std::memcpy(source.data(), &address.v6().sin6_addr, source.size());
  }
  return source;
}

SourceRates::SourceRates(const Rate& rate, core::Random& random)
    : interval_(core::Duration(std::chrono::seconds(rate.seconds)) / rate.per_second),
      burst_(interval_ * (rate.burst - 1)),
      hash_(random) {}

bool SourceRates::take(const Address& source, core::TimePoint now) {
  const std::size_t hash = hash_(source_of(source));
  core::TimePoint& first = rows_[0][hash % kBins];
  core::TimePoint& second = rows_[1][(hash >> 32) % kBins];
  if (std::min(first, second) > now + burst_) {
    return false;
  }
  for (core::TimePoint* bin : {&first, &second}) {
    *bin = std::min(std::max(*bin, now), now + burst_) + interval_;
  }
  return true;
}

void SourceRates::give_back(const Address& source) {
  const std::size_t hash = hash_(source_of(source));
  rows_[0][hash % kBins] -= interval_;
  rows_[1][(hash >> 32) % kBins] -= interval_;
}

}  // namespace runard::transport
