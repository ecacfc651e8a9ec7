// Multicast: announces this node to a multicast group on every fitting interface, and listens.
//
// The configured group and port, and besides an IPv4 group the IPv6 group kGroupV6 with the same
// port. Announced at once at the start, a few times quickly, then each interval; soon after a
// newcomer. Interfaces are looked at again before each announcement, so a new one is used within
// one interval. At most kMaxPerSecond datagrams a second are read; what is over that the kernel
// drops.
//
// Threads: everything, the Sightings included, on the executor's strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "core/clock.h"
#include "core/log.h"
#include "core/random.h"
#include "core/result.h"
#include "discovery/announcement.h"
#include "discovery/sightings.h"

namespace runard::discovery {

class Multicast {
 public:
  // Link-local scope, not assigned by IANA (RFC 4291 section 2.7: flag T); "runa".
  static constexpr std::string_view kGroupV6 = "ff12::7275:6e61";
  static constexpr double kMaxPerSecond = 500;

  struct Settings {
    std::string group = "239.255.42.98:8888";
    std::vector<std::string> interfaces;  // by name; empty: all that fit
    int ttl = 1;
    core::Duration interval =
        std::chrono::seconds(5);  // an announcement counts three times as long
  };
  struct Self {
    core::NodeId node;
    std::uint16_t port = 0;                // where the node is dialled, at the sender's address
    std::vector<wire::Address> addresses;  // and besides
    bool all_interfaces = false;           // and at each interface's addresses
  };
  struct Stats {
    std::size_t interfaces = 0;  // on which the group is joined, by family
    std::uint64_t sent = 0;      // announcements
    std::uint64_t send_errors = 0;
    std::uint64_t received = 0;  // datagrams, our own included
    std::uint64_t malformed = 0;
    std::uint64_t limited = 0;
    std::size_t nodes = 0;  // heard of lately
  };

  // `clock`, `random` and `sightings` outlive it.
  Multicast(boost::asio::any_io_executor executor, const core::Clock& clock, core::Random& random,
            Sightings& sightings, core::Log log);
  ~Multicast();
  Multicast(const Multicast&) = delete;
  Multicast& operator=(const Multicast&) = delete;

  // kAddressUnusable for a group that is none, kAddressInUse, kMulticastUnavailable. That no
  // interface fits is no failure: one may come.
  core::Result<void> start(const Settings& settings, const Self& self);
  // Says goodbye and hears nothing more.
  void stop();
  Stats stats() const;

 private:
  class Group;
  boost::asio::any_io_executor executor_;
  const core::Clock& clock_;
  core::Random& random_;
  Sightings& sightings_;
  core::Log log_;
  std::shared_ptr<Group> group_;
};

}  // namespace runard::discovery
