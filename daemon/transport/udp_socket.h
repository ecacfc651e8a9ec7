// UdpSocket: the one socket of an endpoint, with what makes UDP fast on Linux: many datagrams a
// system call (recvmmsg), one call for a train of equal ones (UDP_SEGMENT, sent one by one where an
// interface can't), merged ones on receipt (UDP_GRO), explicit congestion marks, the address that a
// datagram was sent to.
//
// A socket on an IPv6 wildcard takes IPv4 too. No fragmentation: too large datagrams are lost,
// which is how path MTU discovery finds out. Errors of single sends count as loss. One thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <vector>

#include "core/result.h"
#include "transport/link.h"

namespace runard::transport {

class UdpSocket final : public TrainSink {
 public:
  static constexpr std::size_t kBatch = 8;
  static constexpr std::size_t kSlot = 65536;

  // Errors: kAddressInUse, kAddressUnusable, kSystem.
  static core::Result<std::unique_ptr<UdpSocket>> open(const Address& listen);
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket();

  int native() const { return fd_; }
  const Address& local() const { return local_; }

  // Takes what has arrived, at most kBatch (merged) datagrams, and calls each(Datagram) for every
  // one; what it gets is borrowed. How many were taken.
  template <class F>
  std::size_t receive(F each) {
    const std::size_t taken = receive_batch();
    for (std::size_t i = 0; i < taken; ++i) {
      Datagram datagram = received_[i].datagram;
      core::ByteView rest = datagram.bytes;
      const std::size_t segment = received_[i].segment == 0 ? rest.size() : received_[i].segment;
      while (!rest.empty()) {
        datagram.bytes = rest.first(std::min(segment, rest.size()));
        rest = rest.subspan(datagram.bytes.size());
        each(datagram);
      }
    }
    return taken;
  }
  bool send(const Train& train) override;

  std::uint64_t send_errors() const { return send_errors_; }
  std::size_t receive_buffer() const { return receive_buffer_; }  // bytes that the kernel granted

 private:
  struct Received {
    Datagram datagram;
    std::size_t segment = 0;  // 0: one datagram
  };
  UdpSocket() = default;
  core::Result<void> bind(const Address& listen);
  void set_options();
  std::size_t receive_batch();
  void read_control(msghdr& message, Received& received) const;
  bool send_once(core::ByteView bytes, std::size_t segment, const Train& train);
  std::size_t write_control(msghdr& message, std::size_t segment, const Train& train) const;

  int fd_ = -1;
  bool v6_ = false;
  bool wildcard_ = false;
  bool segmentation_ = true;
  Address local_;
  std::size_t receive_buffer_ = 0;
  std::uint64_t send_errors_ = 0;
  std::unique_ptr<std::uint8_t[]> slots_;
  std::array<Received, kBatch> received_;
};

}  // namespace runard::transport
