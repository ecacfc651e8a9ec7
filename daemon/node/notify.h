// Notify: tells systemd how the daemon is (sd_notify(3)'s protocol: one datagram of NAME=value
// lines). Does nothing when the environment names no socket. Its own code, so that the daemon links
// no libsystemd.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"

namespace runard::node {

class Notify {
 public:
  // `socket`: $NOTIFY_SOCKET; "" for none. A leading '@' is an abstract socket.
  explicit Notify(std::string socket) : socket_(std::move(socket)) {}

  void ready(std::string_view status) const;
  void status(std::string_view status) const;
  // The start takes longer: systemd is to wait that much longer from now on, before it gives up.
  void extend(core::Duration more, std::string_view status) const;
  void stopping() const { send("STOPPING=1"); }
  // Before a reload begins; ready() ends it.
  void reloading() const;

 private:
  void send(std::string_view message) const;
  std::string socket_;
};

}  // namespace runard::node
