// AcceptGate: how much a node does for those who have not proved who they are.
//
// Each source (an IPv4 address, an IPv6 /64) has a share of packets that are looked at and of
// handshakes that are begun; all sources together have one of handshakes, since each costs this
// node about a millisecond of CPU.
// Up to half_open_free handshakes in progress, and while the common share lasts, anyone may begin
// one. Beyond, an address has to be proved first by a Retry (no state, no TLS). At half_open, or
// with as many from one source as half_open_source, or with all links in use, packets are dropped.
// One thread.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/token_bucket.h"
#include "transport/limits.h"
#include "transport/source_rates.h"

namespace runard::transport {

class AcceptGate {
 public:
  enum class Verdict : std::uint8_t { kAccept, kRetry, kDrop };

  AcceptGate(const Limits& limits, core::Random& random);

  // Whether a handshake packet of a stranger is worth a look.
  bool look_at(const Address& source, core::TimePoint now) { return packets_.take(source, now); }
  // What becomes of a stranger's first packet. `proved`: it has a token of ours. kAccept counts as
  // a handshake begun; opened() and settled() follow.
  Verdict judge(const Address& source, bool proved, std::size_t links, core::TimePoint now);
  void opened(const Address& source);
  void settled(const Address& source);  // it came to an end, good or bad
  std::size_t half_open() const { return half_open_; }

 private:
  const Limits& limits_;
  SourceRates packets_;
  SourceRates handshakes_;
  core::TokenBucket all_handshakes_;
  std::size_t half_open_ = 0;
  boost::unordered_flat_map<Source, std::size_t, SecretHash> sources_;
};

}  // namespace runard::transport
