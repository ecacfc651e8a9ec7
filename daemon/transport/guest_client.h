// GuestClient: a guest with a socket, for a program that does nothing else meanwhile: its functions
// wait.
//
// Errors: those of the connection; kNoAnswer when the time is up. One thread. What it is given
// outlives it.
#pragma once

#include "transport/guest.h"
#include "transport/udp_socket.h"

namespace runard::transport {

struct GuestWorld {
  const core::Clock& clock;
  core::Random& random;
  std::shared_ptr<const TlsContext> tls;  // TlsContext::create_guest
};

class GuestClient {
 public:
  // Waits until the node has proved itself.
  static core::Result<std::unique_ptr<GuestClient>> connect(const GuestWorld& world,
                                                            const Address& remote,
                                                            core::Duration patience);
  GuestClient(const GuestClient&) = delete;
  GuestClient& operator=(const GuestClient&) = delete;
  ~GuestClient();

  const GuestBinding& binding() const { return guest_->binding(); }
  void send(std::uint64_t type, core::ByteView body) { guest_->send(type, body); }
  core::Result<GuestFrame> receive(core::Duration patience);

 private:
  GuestClient(const GuestWorld& world, std::unique_ptr<UdpSocket> socket);
  // One wait and what it brought. kNoAnswer when `until` has passed.
  core::Result<void> turn(core::TimePoint until);

  const core::Clock& clock_;
  const Limits limits_;
  const ResetSecret reset_secret_{{}};  // nobody resets a guest
  std::unique_ptr<UdpSocket> socket_;
  const ConnectionContext context_;
  std::unique_ptr<Guest> guest_;
};

}  // namespace runard::transport
