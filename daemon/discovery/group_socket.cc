#include "discovery/group_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>

namespace runard::discovery {
namespace {

using boost::asio::ip::address_v6;
using boost::system::error_code;

core::Error cannot(const error_code& error) {
  return core::fail(error == boost::asio::error::address_in_use ? core::Errc::kAddressInUse
                                                                : core::Errc::kMulticastUnavailable,
                    "multicast discovery: " + error.message());
}

}  // namespace

core::Result<void> GroupSocket::open(int ttl) {
  error_code error;
  socket_.open(group_.protocol(), error);
  if (error) {
    return cannot(error);
  }
  // Both: a program that set only one of the two can then share the port as well.
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  set(SOL_SOCKET, SO_REUSEPORT, 1);
  if (v4()) {
    set(IPPROTO_IP, IP_MULTICAST_TTL, ttl);
    set(IPPROTO_IP, IP_MULTICAST_LOOP, 1);
    set(IPPROTO_IP, IP_MULTICAST_ALL, 0);  // only where this socket has joined
  } else {
    set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
    set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
  }
  // An IPv4 socket that is bound to the group gets nothing that was sent elsewhere. For a
  // link-local IPv6 group that would take a socket per interface.
  const Endpoint local = v4() ? group_ : Endpoint(address_v6::any(), group_.port());
  socket_.bind(local, error);
  if (!error) {
    socket_.non_blocking(true, error);
  }
  if (error) {
    close();
    return cannot(error);
  }
  return {};
}

void GroupSocket::close() {
  error_code ignored;
  socket_.close(ignored);
  joined_.clear();
}

std::size_t GroupSocket::join(const std::vector<Interface>& interfaces) {
  std::set<unsigned> wanted;
  for (const Interface& interface : interfaces) {
    if (v4() ? interface.v4 : interface.v6) {
      wanted.insert(interface.index);
    }
  }
  std::erase_if(joined_, [&](unsigned index) {
    return !wanted.contains(index) && (change_membership(index, false), true);
  });
  std::size_t failed = 0;
  for (const unsigned index : wanted) {
    if (joined_.contains(index) || change_membership(index, true)) {
      joined_.insert(index);
    } else {
      ++failed;
    }
  }
  return failed;
}

std::size_t GroupSocket::send(core::ByteView datagram) {
  std::size_t failed = 0;
  for (const unsigned index : joined_) {
    error_code error;
    if (choose(index)) {
      socket_.send_to(boost::asio::buffer(datagram.data(), datagram.size()), group_, 0, error);
      failed += error ? 1 : 0;
    } else {
      ++failed;
    }
  }
  return failed;
}

bool GroupSocket::set(int level, int option, int value) {
  return setsockopt(socket_.native_handle(), level, option, &value, sizeof value) == 0;
}

bool GroupSocket::change_membership(unsigned index, bool join) {
  int result = 0;
  if (v4()) {
    ip_mreqn request{};
    request.imr_multiaddr.s_addr = htonl(group_.address().to_v4().to_uint());
    request.imr_ifindex = static_cast<int>(index);
    result = setsockopt(socket_.native_handle(), IPPROTO_IP,
                        join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request);
  } else {
    ipv6_mreq request{};
    const auto bytes = group_.address().to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), request.ipv6mr_multiaddr.s6_addr);
    request.ipv6mr_interface = index;
    result = setsockopt(socket_.native_handle(), IPPROTO_IPV6,
                        join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof request);
  }
  return result == 0 || errno == EADDRINUSE;  // a member already
}

bool GroupSocket::choose(unsigned index) {
  if (!v4()) {
    return set(IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(index));
  }
  ip_mreqn request{};
  request.imr_ifindex = static_cast<int>(index);
  return setsockopt(socket_.native_handle(), IPPROTO_IP, IP_MULTICAST_IF, &request,
                    sizeof request) == 0;
}

}  // namespace runard::discovery
