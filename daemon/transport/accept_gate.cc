#include "transport/accept_gate.h"

#include <cstring>

namespace runard::transport {

AcceptGate::Source AcceptGate::source_of(const Address& address) {
  Source source{};
  if (address.is_v4()) {
    source[0] = 4;  // no global IPv6 prefix begins so
    std::memcpy(source.data() + 4, &address.v4().sin_addr, 4);
  } else {
    std::memcpy(source.data(), &address.v6().sin6_addr, source.size());
  }
  return source;
}

AcceptGate::Verdict AcceptGate::judge(const Address& source, bool proved, std::size_t links) const {
  const auto found = sources_.find(source_of(source));
  const std::size_t from_there = found == sources_.end() ? 0 : found->second;
  if (half_open_ >= limits_.half_open || from_there >= limits_.half_open_source ||
      links >= limits_.links) {
    return Verdict::kDrop;
  }
  return proved || half_open_ < limits_.half_open_free ? Verdict::kAccept : Verdict::kRetry;
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
