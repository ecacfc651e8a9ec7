// Endpoint::Loop: turns of the I/O thread: read what arrived, let the hub work, write, sleep until
// the next packet, deadline or letter.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "transport/endpoint.h"
#include "transport/resolver.h"
#include "transport/udp_socket.h"

namespace runard::transport {

class Endpoint::Loop final : public std::enable_shared_from_this<Loop> {
 public:
  Loop(boost::asio::io_context& io, std::unique_ptr<UdpSocket> socket, HubOptions options,
       const HubServices& services);

  void start();
  void stop();
  DialId dial(DialTarget target);
  using Told = std::function<void(const Hub::Refused&)>;
  // From link number `from` on.
  void recheck(PeerVerifier verify, Told told, std::size_t from);
  // Something was asked of the hub: a turn is due.
  void kick();

  Hub& hub() { return hub_; }
  const UdpSocket& socket() const { return *socket_; }

 private:
  struct PendingDial;

  void wait_readable();
  void wait_writable();
  void on_readable();
  bool take_datagrams();
  void turn();
  void arm_timer();
  core::TimePoint now();
  template <class F>
  auto guarded(F function);

  boost::asio::io_context& io_;
  const core::Clock& clock_;
  std::unique_ptr<UdpSocket> socket_;
  Hub hub_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  core::TimePoint now_{};
  core::TimePoint armed_ = core::kNever;
  bool kicked_ = false;
  bool waiting_writable_ = false;
  bool stopped_ = false;
  std::unique_ptr<Resolver> resolver_;  // null once stopped
};

}  // namespace runard::transport
