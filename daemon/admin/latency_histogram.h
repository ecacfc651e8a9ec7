// LatencyHistogram: how often each latency occurred, in buckets at most 1/64 (1.6 %) wide.
//
// Shape: exact below 64 ns, then 64 buckets an octave up to 2^42 ns (73 minutes; longer ones count
// as that); 19 KB, whatever is recorded. Source: the log-linear buckets of HdrHistogram (Tene).
// record() on any thread, without a lock; the rest once all recording is over.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/clock.h"

namespace runard::admin {

class LatencyHistogram {
 public:
  void record(core::Duration latency);

  std::uint64_t count() const;
  // The latency that `share` (0..1) of all did not exceed: the middle of its bucket, at most max().
  // Zero when nothing was recorded.
  core::Duration quantile(double share) const;
  core::Duration max() const { return core::Duration(max_.load(std::memory_order_relaxed)); }

 private:
  static constexpr unsigned kBits = 6;  // 2^6 buckets an octave
  static constexpr unsigned kOctaves = 42;
  static constexpr std::size_t kBuckets = (kOctaves - kBits + 1) << kBits;
  static std::size_t bucket_of(std::uint64_t ns);
  static std::uint64_t middle_of(std::size_t bucket);

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::int64_t> max_{0};
};

}  // namespace runard::admin
