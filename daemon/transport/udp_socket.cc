#include "transport/udp_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace runard::transport {
namespace {

using core::Errc;

constexpr int kBufferBytes = 4 * 1024 * 1024;
constexpr std::uint8_t kEcnMask = 3;
constexpr std::size_t kControlSpace = 128;

core::Error system_error(Errc code, const Address& address) {
  char text[128];
  return core::fail(code, address.text() + ": " + strerror_r(errno, text, sizeof text));
}

void set(int fd, int level, int name, int value) {
  // What a kernel does not know it does without.
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof value));
}

template <class T>
void put_control(msghdr& message, std::size_t& used, int level, int type, const T& value) {
  auto* header = reinterpret_cast<cmsghdr*>(static_cast<std::uint8_t*>(message.msg_control) + used);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(header), &value, sizeof value);
  used += CMSG_SPACE(sizeof value);
}

}  // namespace

core::Result<std::unique_ptr<UdpSocket>> UdpSocket::open(const Address& listen) {
  std::unique_ptr<UdpSocket> made(new UdpSocket);
  const auto bound = made->bind(listen);
  if (!bound) {
    return bound.error();
  }
  made->set_options();
  made->slots_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBatch * kSlot);
  return made;
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

core::Result<void> UdpSocket::bind(const Address& listen) {
  v6_ = listen.is_v6();
  wildcard_ = listen.is_wildcard();
  fd_ = ::socket(v6_ ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    return system_error(errno == EAFNOSUPPORT ? Errc::kAddressUnusable : Errc::kSystem, listen);
  }
  if (v6_) {
    set(fd_, IPPROTO_IPV6, IPV6_V6ONLY, wildcard_ ? 0 : 1);
  }
  if (::bind(fd_, listen.data(), listen.size()) != 0) {
    return system_error(errno == EADDRINUSE ? Errc::kAddressInUse : Errc::kAddressUnusable, listen);
  }
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return system_error(Errc::kSystem, listen);
  }
  local_ = Address::from(reinterpret_cast<const sockaddr*>(&name)).value_or(listen);
  return {};
}

void UdpSocket::set_options() {
  set(fd_, IPPROTO_IP, IP_PKTINFO, 1);
  set(fd_, IPPROTO_IP, IP_RECVTOS, 1);
  set(fd_, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  if (v6_) {
    set(fd_, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set(fd_, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    set(fd_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  }
  set(fd_, IPPROTO_UDP, UDP_GRO, 1);
  set(fd_, SOL_SOCKET, SO_RCVBUF, kBufferBytes);
  set(fd_, SOL_SOCKET, SO_SNDBUF, kBufferBytes);
  set(fd_, SOL_SOCKET, SO_RCVBUFFORCE, kBufferBytes);
  set(fd_, SOL_SOCKET, SO_SNDBUFFORCE, kBufferBytes);
  int granted = 0;
  socklen_t size = sizeof granted;
  static_cast<void>(getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &granted, &size));
  receive_buffer_ = static_cast<std::size_t>(granted) / 2;  // the kernel doubles it for itself
}

std::size_t UdpSocket::receive_batch() {
  mmsghdr messages[kBatch] = {};
  iovec vectors[kBatch];
  sockaddr_in6 names[kBatch];
  alignas(cmsghdr) std::uint8_t control[kBatch][kControlSpace];
  for (std::size_t i = 0; i < kBatch; ++i) {
    vectors[i] = {slots_.get() + i * kSlot, kSlot};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &names[i];
    header.msg_namelen = sizeof names[i];
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = control[i];
    header.msg_controllen = kControlSpace;
  }
  const int taken = ::recvmmsg(fd_, messages, kBatch, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < taken; ++i) {
    Received& received = received_[static_cast<std::size_t>(i)];
    received = {};
    received.datagram.bytes = {slots_.get() + static_cast<std::size_t>(i) * kSlot,
                               messages[i].msg_len};
    received.datagram.remote =
        Address::from(reinterpret_cast<const sockaddr*>(&names[i])).value_or(Address{});
    read_control(messages[i].msg_hdr, received);
  }
  return taken > 0 ? static_cast<std::size_t>(taken) : 0;
}

void UdpSocket::read_control(msghdr& message, Received& received) const {
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    const auto is = [at](int level, int type) {
      return at->cmsg_level == level && at->cmsg_type == type;
    };
    if (is(IPPROTO_UDP, UDP_GRO)) {
      int segment = 0;  // an int here, 16 bits when sending
      std::memcpy(&segment, CMSG_DATA(at), sizeof segment);
      received.segment = static_cast<std::size_t>(segment);
    } else if (is(IPPROTO_IP, IP_TOS)) {
      received.datagram.ecn = *CMSG_DATA(at) & kEcnMask;
    } else if (is(IPPROTO_IPV6, IPV6_TCLASS)) {
      int traffic_class = 0;
      std::memcpy(&traffic_class, CMSG_DATA(at), sizeof traffic_class);
      received.datagram.ecn = static_cast<std::uint8_t>(traffic_class & kEcnMask);
    } else if (is(IPPROTO_IPV6, IPV6_PKTINFO)) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(at), sizeof info);
      sockaddr_in6 local{};
      local.sin6_family = AF_INET6;
      local.sin6_addr = info.ipi6_addr;
      received.datagram.local = *Address::from(reinterpret_cast<const sockaddr*>(&local));
    } else if (is(IPPROTO_IP, IP_PKTINFO) && !v6_) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(at), sizeof info);
      sockaddr_in local{};
      local.sin_family = AF_INET;
      local.sin_addr = info.ipi_addr;
      received.datagram.local = *Address::from(reinterpret_cast<const sockaddr*>(&local));
    }
  }
}

std::size_t UdpSocket::write_control(msghdr& message, std::size_t segment,
                                     const Train& train) const {
  std::size_t used = 0;
  if (segment != 0) {
    put_control(message, used, IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment));
  }
  const bool to_v4 = train.remote.is_v4();
  if (train.ecn != 0) {
    put_control(message, used, to_v4 ? IPPROTO_IP : IPPROTO_IPV6, to_v4 ? IP_TOS : IPV6_TCLASS,
                int{train.ecn});
  }
  const bool known = train.local.is_v4() || train.local.is_v6();
  if (wildcard_ && known && v6_) {
    in6_pktinfo info{};
    info.ipi6_addr = train.local.mapped().v6().sin6_addr;
    put_control(message, used, IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else if (wildcard_ && known) {
    in_pktinfo info{};
    info.ipi_spec_dst = train.local.v4().sin_addr;
    put_control(message, used, IPPROTO_IP, IP_PKTINFO, info);
  }
  return used;
}

bool UdpSocket::send(const Train& train) {
  const std::size_t segment = train.segment < train.bytes.size() ? train.segment : 0;
  if (segment == 0 || segmentation_) {
    return send_once(train.bytes, segment, train);
  }
  for (core::ByteView rest = train.bytes; !rest.empty();) {
    const core::ByteView one = rest.first(std::min(train.segment, rest.size()));
    rest = rest.subspan(one.size());
    // A full socket in mid-train loses the rest; it is sent again like any loss.
    if (!send_once(one, 0, train)) {
      return false;
    }
  }
  return true;
}

bool UdpSocket::send_once(core::ByteView bytes, std::size_t segment, const Train& train) {
  const Address to = v6_ ? train.remote.mapped() : train.remote;
  iovec vector{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::uint8_t control[kControlSpace] = {};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.data());
  message.msg_namelen = to.size();
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = write_control(message, segment, train);
  if (message.msg_controllen == 0) {
    message.msg_control = nullptr;
  }
  ssize_t result = 0;
  do {
    result = ::sendmsg(fd_, &message, 0);
  } while (result < 0 && errno == EINTR);
  if (result >= 0) {
    return true;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    return false;
  }
  if (segment != 0 && (errno == EIO || errno == EINVAL)) {
    segmentation_ = false;  // an interface on the way can't; never mind which
    return send(train);
  }
  ++send_errors_;
  return true;
}

}  // namespace runard::transport
