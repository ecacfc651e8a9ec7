#include "admin/latency_histogram.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace std::chrono_literals;
using admin::LatencyHistogram;

TEST_CASE("an empty histogram has no latencies") {
  const LatencyHistogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.quantile(0.5) == 0ns);
  CHECK(histogram.max() == 0ns);
}

TEST_CASE("quantiles are within 1.6 percent, from nanoseconds to minutes") {
  for (std::int64_t ns = 1; ns < 4'000'000'000'000; ns = ns * 5 / 4 + 1) {
    LatencyHistogram histogram;
    histogram.record(core::Duration(ns));
    histogram.record(core::Duration(ns * 2));
    const auto got = static_cast<double>(histogram.quantile(0.5).count());
    const double off = got / static_cast<double>(ns) - 1;
    CHECK(off <= 0.016);
    CHECK(off >= -0.016);
    CHECK(histogram.max() == core::Duration(ns * 2));
  }
}

TEST_CASE("quantiles split what was recorded") {
  LatencyHistogram histogram;
  for (int i = 1; i <= 100; ++i) {
    histogram.record(core::Duration(i));
  }
  CHECK(histogram.count() == 100);
  CHECK(histogram.quantile(0.50) == 50ns);
  CHECK(histogram.quantile(0.99) == 99ns);
  CHECK(histogram.quantile(1.0) == 100ns);
  CHECK(histogram.quantile(0.0) == 1ns);
}

TEST_CASE("what is longer than the histogram counts as its longest, and negative as none") {
  LatencyHistogram histogram;
  histogram.record(-5ns);
  CHECK(histogram.quantile(1.0) == 0ns);
  histogram.record(24h);
  CHECK(histogram.quantile(1.0) >= 73min);
  CHECK(histogram.max() == 24h);
}
