#include "figure.h"

#include <algorithm>
#include <cstdio>

namespace yardstick {

void print(const Figure& figure) {
  std::printf(R"({"name": "%s", "value": %.3f, "unit": "%s", "%s": %.4f)", figure.name.c_str(),
              figure.value, figure.unit.c_str(),
              figure.unit == "1/s" ? "cpu_s_per_million" : "cpu_s_per_gb", figure.cpu);
  if (figure.p50_ns != 0) {
    std::printf(R"(, "p50_ns": %llu, "p99_ns": %llu)",
                static_cast<unsigned long long>(figure.p50_ns),
                static_cast<unsigned long long>(figure.p99_ns));
  }
  if (figure.lost >= 0.001) {  // less may be still on the way
    std::printf(R"(, "lost": %.4f)", figure.lost);
  }
  std::printf("}\n");
  std::fflush(stdout);
}

Figure Stopwatch::rounds(std::string name, std::vector<std::uint64_t> latencies_ns) const {
  const double took = seconds();
  const double cpu = pair_.cpu_seconds() - cpu_;
  const auto count = static_cast<double>(latencies_ns.size());
  if (latencies_ns.empty()) {
    die("no round was finished");
  }
  std::sort(latencies_ns.begin(), latencies_ns.end());
  return {std::move(name),
          count / took,
          "1/s",
          cpu / count * 1e6,
          latencies_ns[latencies_ns.size() / 2],
          latencies_ns[latencies_ns.size() * 99 / 100]};
}

Figure Stopwatch::bytes(std::string name, std::uint64_t bytes, std::uint64_t sent) const {
  const double took = seconds();
  const double cpu = pair_.cpu_seconds() - cpu_;
  const auto count = static_cast<double>(bytes);
  if (bytes == 0) {
    die("nothing arrived");
  }
  Figure figure{std::move(name), count * 8 / took / 1e9, "Gbit/s", cpu / (count / 1e9)};
  figure.lost = sent > bytes ? 1 - count / static_cast<double>(sent) : 0;
  return figure;
}

}  // namespace yardstick
