#include "transport/guest_client.h"

#include <poll.h>

#include <algorithm>

namespace runard::transport {
namespace {

using core::Errc;
using std::chrono::milliseconds;

// At most so long in one poll(): a clock that was set back must not make it wait for ever.
constexpr core::Duration kLongestWait = std::chrono::seconds(1);

Address any_of(const Address& remote) {
  return remote.is_v4() ? Address::any_v4(0) : Address::any_v6(0);
}

}  // namespace

GuestClient::GuestClient(const GuestWorld& world, std::unique_ptr<UdpSocket> socket)
    : clock_(world.clock),
      socket_(std::move(socket)),
      context_{limits_, world.random, reset_secret_, world.tls, socket_->local()} {}

GuestClient::~GuestClient() {
  if (guest_) {
    guest_->flush(*socket_, clock_.now());
    guest_->close(*socket_, clock_.now());
  }
}

core::Result<std::unique_ptr<GuestClient>> GuestClient::connect(const GuestWorld& world,
                                                                const Address& remote,
                                                                core::Duration patience) {
  auto socket = UdpSocket::open(any_of(remote));
  if (!socket) {
    return socket.error();
  }
  std::unique_ptr<GuestClient> client(new GuestClient(world, std::move(*socket)));
  const core::TimePoint until = world.clock.now() + patience;
  auto guest = Guest::dial(client->context_, remote, world.clock.now());
  if (!guest) {
    return guest.error();
  }
  client->guest_ = std::move(*guest);
  while (!client->guest_->ready()) {
    if (auto turned = client->turn(until); !turned) {
      return turned.error();
    }
  }
  return client;
}

core::Result<GuestFrame> GuestClient::receive(core::Duration patience) {
  const core::TimePoint until = clock_.now() + patience;
  for (;;) {
    if (auto frame = guest_->take()) {
      return std::move(*frame);
    }
    if (auto turned = turn(until); !turned) {
      return turned.error();
    }
  }
}

core::Result<void> GuestClient::turn(core::TimePoint until) {
  guest_->flush(*socket_, clock_.now());
  if (guest_->error()) {
    return *guest_->error();
  }
  const core::TimePoint now = clock_.now();
  if (now >= until) {
    return core::fail(Errc::kNoAnswer, "no answer in time");
  }
  const core::Duration wait =
      std::clamp(std::min(guest_->expiry(), until) - now, core::Duration::zero(), kLongestWait);
  pollfd readable{socket_->native(), POLLIN, 0};
  poll(&readable, 1, static_cast<int>(std::chrono::ceil<milliseconds>(wait).count()));
  const core::TimePoint at = clock_.now();
  while (socket_->receive([&](const Datagram& datagram) { guest_->feed(datagram, at); }) ==
         UdpSocket::kBatch) {
  }
  guest_->on_expiry(clock_.now());
  return {};
}

}  // namespace runard::transport
