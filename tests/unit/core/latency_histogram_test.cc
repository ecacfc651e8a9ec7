#include "core/latency_histogram.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace std::chrono_literals;
using LatencyHistogram = core::LatencyHistogram<6>;

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

TEST_CASE("a coarse histogram is within 12.5 percent") {
  for (std::int64_t ns = 1; ns < 4'000'000'000'000; ns = ns * 5 / 4 + 1) {
    core::LatencyHistogram<3> histogram;
    histogram.record(core::Duration(ns));
    histogram.record(core::Duration(ns * 2));
    const double off =
        static_cast<double>(histogram.quantile(0.5).count()) / static_cast<double>(ns) - 1;
    CHECK(off <= 0.125);
    CHECK(off >= -0.125);
  }
}

TEST_CASE("a latency may stand for many; what fades counts half") {
  LatencyHistogram histogram;
  histogram.record(10ns, 64);
  histogram.record(20ns, 36);
  CHECK(histogram.count() == 100);
  CHECK(histogram.quantile(0.64) == 10ns);
  CHECK(histogram.quantile(0.65) == 20ns);
  histogram.fade();
  CHECK(histogram.count() == 50);
  histogram.record(40ns, 50);
  CHECK(histogram.quantile(0.51) == 40ns);
  CHECK(histogram.max() == 40ns);
}
