#include "node/notify.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace runard::node {

void Notify::ready(std::string_view status) const {
  send(fmt::format("READY=1\nSTATUS={}", status));
}
void Notify::status(std::string_view status) const {
  send(fmt::format("STATUS={}", status));
}

void Notify::extend(core::Duration more, std::string_view status) const {
  const auto us = std::chrono::ceil<std::chrono::microseconds>(more);
  send(fmt::format("EXTEND_TIMEOUT_USEC={}\nSTATUS={}", us.count(), status));
}

void Notify::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  // Both in one datagram: systemd takes the time as the reload's beginning.
  send(
      fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void Notify::send(std::string_view message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) {
    return;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') {
    address.sun_path[0] = '\0';
  }
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return;
  }
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // Nobody is there to be told of a failure to tell.
  (void)sendto(fd, message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<sockaddr*>(&address), size);
  close(fd);
}

}  // namespace runard::node
