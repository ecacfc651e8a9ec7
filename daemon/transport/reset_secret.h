// ResetSecret: makes the stateless reset token of each of our connection ids (RFC 9000 section
// 10.3). The secret is kept over restarts: only so can a node that lost its state tell its peers at
// once that their links are gone.
#pragma once

#include <array>
#include <cstdint>

#include "transport/cid.h"

namespace runard::transport {

class ResetSecret {
 public:
  static constexpr std::size_t kSize = 32;
  using Bytes = std::array<std::uint8_t, kSize>;

  explicit ResetSecret(const Bytes& secret) : secret_(secret) {}
  ResetToken token(const Cid& cid) const;

 private:
  Bytes secret_;
};

}  // namespace runard::transport
