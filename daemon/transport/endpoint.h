// Endpoint: the transport of a node: a UDP socket, its timers and the Hub behind them.
//
// Threading: constructed, used and destroyed on the thread that runs the io_context; RemoteNode is
// for all others. Lifetime: the io_context and all of HubServices outlive it.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transport/hub.h"

namespace runard::transport {

struct EndpointOptions {
  LocalNode self;  // `addresses` empty: what the socket listens on
  Limits limits;
  std::shared_ptr<const TlsContext> tls;
  ResetSecret::Bytes reset_secret{};  // kept over restarts
  Address listen;
};

// Whom to dial: each text is host:port, the host an address or a name that is looked up now.
struct DialTarget {
  std::vector<std::string> addresses;
  std::optional<core::NodeId> expected;  // nobody else will do
};

class Endpoint {
 public:
  // Errors: kAddressInUse, kAddressUnusable, kSystem.
  static core::Result<std::unique_ptr<Endpoint>> open(boost::asio::io_context& io,
                                                      EndpointOptions options,
                                                      const HubServices& services);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  ~Endpoint();

  // The outcome comes as EndpointEvents::dial_done(), never inside this call.
  DialId dial(DialTarget target);
  void close(LinkId link, const core::Error& why);
  // Errors: kLinkLost, kBackpressure, kTooLarge.
  core::Result<void> send_control(LinkId link, std::uint64_t type, core::ByteView body);
  void resume(LinkId link, std::uint64_t lane);
  // For HubServices::guests. What is sent before a close still goes out; `welcome`: it was no
  // failed attempt. Without keep_guest() its time is Limits::guest_timeout.
  void send_guest(LinkId guest, std::uint64_t type, core::ByteView body);
  void close_guest(LinkId guest, bool welcome);
  void keep_guest(LinkId guest, core::TimePoint until);
  // Another certificate or other trust, for links that are not proved yet.
  void set_tls(std::shared_ptr<const TlsContext> tls);

  // Judges the peers of live links again, a few at a time, and closes each that would not be let in
  // any more. `told` hears of them, on the I/O thread.
  void recheck(PeerVerifier verify, std::function<void(const Hub::Refused&)> told);

  const Address& local() const;
  Stats stats() const;
  std::optional<Connection::Info> info(LinkId link) const;

 private:
  class Loop;
  explicit Endpoint(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}
  std::shared_ptr<Loop> loop_;
};

}  // namespace runard::transport
