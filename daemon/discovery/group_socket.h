// GroupSocket: a UDP socket of one address family that is a member of a multicast group on a set of
// interfaces. Linux. Several processes of one host may use the same group and port, and hear each
// other. One thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <set>

#include "core/result.h"
#include "discovery/interfaces.h"

namespace runard::discovery {

class GroupSocket {
 public:
  using Endpoint = boost::asio::ip::udp::endpoint;

  GroupSocket(const boost::asio::any_io_executor& executor, const Endpoint& group)
      : socket_(executor), group_(group) {}

  // kAddressInUse when another program holds the port for itself, kMulticastUnavailable else.
  core::Result<void> open(int ttl);
  void close();
  bool is_open() const { return socket_.is_open(); }

  // Is a member on these interfaces from now on, and on no others. How many could not be joined.
  std::size_t join(const std::vector<Interface>& interfaces);
  // Sends to the group on each interface joined; how many sends went wrong.
  std::size_t send(core::ByteView datagram);
  std::size_t interfaces() const { return joined_.size(); }

  boost::asio::ip::udp::socket& socket() { return socket_; }

 private:
  bool v4() const { return group_.address().is_v4(); }
  bool set(int level, int option, int value);
  bool change_membership(unsigned index, bool join);
  bool choose(unsigned index);

  boost::asio::ip::udp::socket socket_;
  const Endpoint group_;
  std::set<unsigned> joined_;  // indices
};

}  // namespace runard::discovery
