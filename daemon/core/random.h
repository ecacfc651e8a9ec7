// Random: the only source of randomness. The system's in the daemon, a seeded one in the simulator.
#pragma once

#include <cstdint>
#include <span>

namespace runard::core {

class Random {
 public:
  virtual ~Random() = default;
  // Any thread. Ends the process if the system has no randomness to give.
  virtual void fill(std::span<std::uint8_t> out) = 0;
  std::uint64_t next();
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;  // getrandom(2)
};

// xoshiro256** (Blackman, Vigna), seeded by splitmix64. Never for keys. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t step();
  std::uint64_t state_[4] = {};
};

}  // namespace runard::core
