// SourceRates: each source's share of work for strangers: `burst` at once, then `per_second`, for
// every IPv4 address and every IPv6 /64.
//
// Memory is 16 KiB, whatever arrives: two rows of bins, in each of which a source has one by a
// secret hash. Either bin may let it go on, so a source that shares one with a flood still has the
// other. A bin is the time up to which its share is used (GCRA, ITU-T I.371); two rows of bins:
// after Feng et al., "Stochastic Fair Blue". One thread.
#pragma once

#include <array>

#include "transport/address.h"
#include "transport/cid_table.h"
#include "transport/limits.h"

namespace runard::transport {

// An IPv4 address, or the /64 of an IPv6 address.
using Source = std::array<std::uint8_t, 8>;
Source source_of(const Address& address);

class SourceRates {
 public:
  SourceRates(const Rate& rate, core::Random& random);

  // False: the source has had its share for now.
  bool take(const Address& source, core::TimePoint now);
  // What was taken last does not count.
  void give_back(const Address& source);

 private:
  static constexpr std::size_t kBins = 1024;
  using Row = std::array<core::TimePoint, kBins>;

  const core::Duration interval_;
  const core::Duration burst_;
  SecretHash hash_;
  Row rows_[2] = {};
};

}  // namespace runard::transport
