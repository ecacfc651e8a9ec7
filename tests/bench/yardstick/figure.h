// Figure: what one workload came to, printed as a line of JSON. Stopwatch: takes it.
#pragma once

#include <string>
#include <vector>

#include "process_pair.h"
#include "udp.h"

namespace yardstick {

struct Figure {
  std::string name;
  double value = 0;  // in `unit`
  std::string unit;  // "1/s" or "Gbit/s"
  double cpu = 0;    // seconds of both processes for a million rounds, or for a gigabyte
  std::uint64_t p50_ns = 0, p99_ns = 0;  // 0: not a workload of rounds
  double lost = 0;                       // share of what was sent
};

void print(const Figure& figure);

// Runs from its making; what was done before it (handshake, warm-up) is not in the figure.
class Stopwatch {
 public:
  explicit Stopwatch(const ProcessPair& pair)
      : pair_(pair), began_(Clock::now()), cpu_(pair.cpu_seconds()) {}
  Figure rounds(std::string name, std::vector<std::uint64_t> latencies_ns) const;
  // `bytes` arrived of those that were `sent`.
  Figure bytes(std::string name, std::uint64_t bytes, std::uint64_t sent) const;

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
  const ProcessPair& pair_;
  const Clock::time_point began_;
  const double cpu_;
};

}  // namespace yardstick
