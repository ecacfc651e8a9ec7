// Udp: one blocking UDP socket on 127.0.0.1, read in batches with GRO and written in trains with
// GSO. Unconnected, as the only socket of a mesh node has to be. A failing system call ends the
// program.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace yardstick {

using Clock = std::chrono::steady_clock;
using Bytes = std::span<const std::uint8_t>;

[[noreturn]] void die(const char* what);

class Udp {
 public:
  static constexpr std::size_t kTrain = 65000;  // bytes of a GSO train, at most
  static constexpr std::size_t kSegments = 64;  // datagrams of one

  Udp();
  Udp(const Udp&) = delete;
  Udp& operator=(const Udp&) = delete;
  ~Udp();

  const sockaddr_in& address() const { return address_; }
  // Datagrams of `segment` bytes each; the last may be shorter.
  void send(const sockaddr_in& to, Bytes train, std::size_t segment) const;
  // Waits for a datagram until then; false when none came.
  bool wait(Clock::time_point until) const;
  // Reads one batch: 0 when nothing is there and `block` is not set. The batch lasts until the
  // next.
  std::size_t receive(bool block);
  // Each datagram of the batch: take(bytes, sender).
  template <class Take>
  void each(Take take) const {
    for (std::size_t i = 0; i < filled_; ++i) {
      Bytes rest(buffers_.data() + i * kBuffer, sizes_[i]);
      while (!rest.empty()) {
        const std::size_t size = std::min(rest.size(), segments_[i]);
        take(rest.first(size), senders_[i]);
        rest = rest.subspan(size);
      }
    }
  }
  std::size_t batch_bytes() const;

 private:
  static constexpr std::size_t kSlots = 8;
  static constexpr std::size_t kBuffer = 65536;

  int fd_ = -1;
  sockaddr_in address_{};
  std::vector<std::uint8_t> buffers_;
  std::size_t filled_ = 0;
  std::array<std::size_t, kSlots> sizes_{};
  std::array<std::size_t, kSlots> segments_{};
  std::array<sockaddr_in, kSlots> senders_{};
};

}  // namespace yardstick
