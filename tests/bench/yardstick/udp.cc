#include "udp.h"

#include <netinet/udp.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace yardstick {

void die(const char* what) {
  std::fprintf(stderr, "yardstick: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

Udp::Udp() : buffers_(kSlots * kBuffer) {
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  const int room = 4 << 20;  // what is granted may be less: rmem_max decides
  if (fd_ < 0 || setsockopt(fd_, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0 ||
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0 ||
      setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0) {
    die("socket");
  }
  address_.sin_family = AF_INET;
  address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address_;
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&address_), size) != 0 ||
      getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size) != 0) {
    die("bind");
  }
}

Udp::~Udp() {
  close(fd_);
}

void Udp::send(const sockaddr_in& to, Bytes train, std::size_t segment) const {
  iovec part{const_cast<std::uint8_t*>(train.data()), train.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint16_t))] = {};
  msghdr message{};
  message.msg_name = const_cast<sockaddr_in*>(&to);
  message.msg_namelen = sizeof to;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (train.size() > segment) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto value = static_cast<std::uint16_t>(segment);
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
  }
  // The other process may be gone already: that is how a run ends.
  if (sendmsg(fd_, &message, 0) < 0 && errno != ECONNREFUSED) {
    die("sendmsg");
  }
}

bool Udp::wait(Clock::time_point until) const {
  const auto left = std::max(until - Clock::now(), Clock::duration::zero());
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  const timespec timeout{ns / 1'000'000'000, ns % 1'000'000'000};
  pollfd entry{fd_, POLLIN, 0};
  const int ready = ppoll(&entry, 1, &timeout, nullptr);
  if (ready < 0 && errno != EINTR) {
    die("ppoll");
  }
  return ready > 0;
}

std::size_t Udp::receive(bool block) {
  std::array<mmsghdr, kSlots> messages{};
  std::array<iovec, kSlots> parts{};
  struct alignas(cmsghdr) Control {
    char bytes[CMSG_SPACE(sizeof(int))];
  };
  std::array<Control, kSlots> controls;
  for (std::size_t i = 0; i < kSlots; ++i) {
    parts[i] = {buffers_.data() + i * kBuffer, kBuffer};
    messages[i].msg_hdr = {&senders_[i],      sizeof senders_[i],       &parts[i], 1,
                           controls[i].bytes, sizeof controls[i].bytes, 0};
  }
  const int got =
      recvmmsg(fd_, messages.data(), kSlots, block ? MSG_WAITFORONE : MSG_DONTWAIT, nullptr);
  if (got < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED) {
    die("recvmmsg");
  }
  filled_ = got < 0 ? 0 : static_cast<std::size_t>(got);
  for (std::size_t i = 0; i < filled_; ++i) {
    sizes_[i] = segments_[i] = messages[i].msg_len;
    for (cmsghdr* at = CMSG_FIRSTHDR(&messages[i].msg_hdr); at != nullptr;
         at = CMSG_NXTHDR(&messages[i].msg_hdr, at)) {
      if (at->cmsg_level == IPPROTO_UDP && at->cmsg_type == UDP_GRO) {
        int size = 0;  // an int here, though a uint16_t when sending
        std::memcpy(&size, CMSG_DATA(at), sizeof size);
        segments_[i] = static_cast<std::size_t>(size);
      }
    }
  }
  return filled_;
}

std::size_t Udp::batch_bytes() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < filled_; ++i) {
    sum += sizes_[i];
  }
  return sum;
}

}  // namespace yardstick
