// LatencyHistogram<kBits>: how often each latency occurred, in buckets at most 1/2^kBits wide.
//
// Shape: exact below 2^(kBits + 1) ns, then 2^kBits buckets an octave up to 2^42 ns (73 minutes;
// longer ones count as that): 19 KB for 6 bits, 2.5 KB for 3, whatever is recorded. Source: the
// log-linear buckets of HdrHistogram (Tene). record(), quantile() and count() on any thread,
// without a lock; what is read while others record is a little behind.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>

#include "core/clock.h"

namespace runard::core {

template <unsigned kBits>
class LatencyHistogram {
 public:
  // `weight`: for how many it stands.
  void record(Duration latency, std::uint64_t weight = 1) {
    const std::int64_t ns = std::max<std::int64_t>(latency.count(), 0);
    counts_[bucket_of(static_cast<std::uint64_t>(ns))].fetch_add(weight, std::memory_order_relaxed);
    std::int64_t seen = max_.load(std::memory_order_relaxed);
    while (ns > seen && !max_.compare_exchange_weak(seen, ns, std::memory_order_relaxed)) {
    }
  }

  std::uint64_t count() const {
    std::uint64_t sum = 0;
    for (const auto& count : counts_) {
      sum += count.load(std::memory_order_relaxed);
    }
    return sum;
  }
  // The latency that `share` (0..1) of all did not exceed: the middle of its bucket, at most max().
  // Zero when nothing was recorded.
  Duration quantile(double share) const {
    const std::uint64_t all = count();
    if (all == 0) {
      return Duration{0};
    }
    const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(all));
    const std::uint64_t rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
    std::uint64_t below = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      below += counts_[bucket].load(std::memory_order_relaxed);
      if (below >= rank) {
        return std::min(Duration(middle_of(bucket)), max());
      }
    }
    return max();
  }
  Duration max() const { return Duration(max_.load(std::memory_order_relaxed)); }

  // Halves all counts, so that what comes from now on weighs more than what was. max() stays.
  void fade() {
    for (auto& count : counts_) {
      const std::uint64_t half = count.load(std::memory_order_relaxed) / 2;
      count.fetch_sub(half, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr unsigned kOctaves = 42;
  static constexpr std::size_t kBuckets = (kOctaves - kBits + 1) << kBits;

  static std::size_t bucket_of(std::uint64_t ns) {
    const std::uint64_t bounded = std::min(ns, (std::uint64_t{1} << kOctaves) - 1);
    const auto width = static_cast<unsigned>(std::bit_width(bounded));
    if (width <= kBits + 1) {
      return bounded;
    }
    const unsigned shift = width - kBits - 1;
    return (std::size_t{shift} << kBits) + (bounded >> shift);
  }
  static std::uint64_t middle_of(std::size_t bucket) {
    constexpr std::size_t kExact = std::size_t{2} << kBits;
    if (bucket < kExact) {
      return bucket;
    }
    const std::size_t shift = (bucket >> kBits) - 1;
    const std::uint64_t low = (bucket - (shift << kBits)) << shift;
    return low + (std::uint64_t{1} << shift) / 2;
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::int64_t> max_{0};
};

}  // namespace runard::core
