#include "admin/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace runard::admin {

std::size_t LatencyHistogram::bucket_of(std::uint64_t ns) {
  const std::uint64_t bounded = std::min(ns, (std::uint64_t{1} << kOctaves) - 1);
  const auto width = static_cast<unsigned>(std::bit_width(bounded));
  if (width <= kBits + 1) {
    return bounded;
  }
  const unsigned shift = width - kBits - 1;
  return (std::size_t{shift} << kBits) + (bounded >> shift);
}

std::uint64_t LatencyHistogram::middle_of(std::size_t bucket) {
  constexpr std::size_t kExact = std::size_t{2} << kBits;
  if (bucket < kExact) {
    return bucket;
  }
  const std::size_t shift = (bucket >> kBits) - 1;
  const std::uint64_t low = (bucket - (shift << kBits)) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

void LatencyHistogram::record(core::Duration latency) {
  const std::int64_t ns = std::max<std::int64_t>(latency.count(), 0);
  counts_[bucket_of(static_cast<std::uint64_t>(ns))].fetch_add(1, std::memory_order_relaxed);
  std::int64_t seen = max_.load(std::memory_order_relaxed);
  while (ns > seen && !max_.compare_exchange_weak(seen, ns, std::memory_order_relaxed)) {
  }
}

std::uint64_t LatencyHistogram::count() const {
  std::uint64_t sum = 0;
  for (const auto& count : counts_) {
    sum += count.load(std::memory_order_relaxed);
  }
  return sum;
}

core::Duration LatencyHistogram::quantile(double share) const {
  const std::uint64_t all = count();
  if (all == 0) {
    return core::Duration{0};
  }
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(all));
  const std::uint64_t rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  std::uint64_t below = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    below += counts_[bucket].load(std::memory_order_relaxed);
    if (below >= rank) {
      return std::min(core::Duration(middle_of(bucket)), max());
    }
  }
  return max();
}

}  // namespace runard::admin
