// AcceptGate: whether a stranger's first packet may start a handshake, which costs this node about
// a millisecond of CPU.
//
// Up to half_open_free handshakes in progress anyone may. Beyond, an address has to be proved first
// by a Retry (no state, no TLS). At half_open, or with as many from one source (an IPv4 address, an
// IPv6 /64) as half_open_source, or with all links in use, packets are dropped. One thread.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "transport/address.h"
#include "transport/cid_table.h"
#include "transport/limits.h"

namespace runard::transport {

class AcceptGate {
 public:
  enum class Verdict : std::uint8_t { kAccept, kRetry, kDrop };

  AcceptGate(const Limits& limits, core::Random& random)
      : limits_(limits), sources_(0, SecretHash(random)) {}

  Verdict judge(const Address& source, bool proved, std::size_t links) const;
  void opened(const Address& source);
  void settled(const Address& source);  // it came to an end, good or bad
  std::size_t half_open() const { return half_open_; }

 private:
  using Source = std::array<std::uint8_t, 8>;
  static Source source_of(const Address& address);
  const Limits& limits_;
  std::size_t half_open_ = 0;
  boost::unordered_flat_map<Source, std::size_t, SecretHash> sources_;
};

}  // namespace runard::transport
