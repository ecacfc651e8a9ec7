#include "transport/accept_gate.h"

namespace runard::transport {

AcceptGate::AcceptGate(const Limits& limits, core::Random& random)
    : limits_(limits),
      packets_(limits.stranger_packets, random),
      handshakes_(limits.stranger_handshakes, random),
      all_handshakes_(limits.all_handshakes.burst, limits.all_handshakes.per_second),
      sources_(0, SecretHash(random)) {}

AcceptGate::Verdict AcceptGate::judge(const Address& source, bool proved, std::size_t links,
                                      core::TimePoint now) {
  const auto found = sources_.find(source_of(source));
  const std::size_t from_there = found == sources_.end() ? 0 : found->second;
  if (half_open_ >= limits_.half_open || from_there >= limits_.half_open_source ||
      links >= limits_.links) {
    return Verdict::kDrop;
  }
  if (!proved && half_open_ >= limits_.half_open_free) {
    return Verdict::kRetry;
  }
  if (!handshakes_.take(source, now)) {
    return Verdict::kDrop;
  }
  return all_handshakes_.take(now) ? Verdict::kAccept : proved ? Verdict::kDrop : Verdict::kRetry;
}

void AcceptGate::opened(const Address& source) {
  ++half_open_;
  ++sources_[source_of(source)];
}

void AcceptGate::settled(const Address& source) {
  --half_open_;
  const auto found = sources_.find(source_of(source));
  if (found != sources_.end() && --found->second == 0) {
    sources_.erase(found);
  }
}

}  // namespace runard::transport
