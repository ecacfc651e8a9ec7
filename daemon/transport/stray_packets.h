// StrayPackets: answers to packets that belong to no link, made without keeping any state: Version
// Negotiation, Retry with its token, stateless reset.
//
// Each answer is shorter than three times what it answers, a reset shorter than its trigger.
// Retries have a share of their own (Limits::retries), resets one for each source too, so that
// strays of one kind or of one source leave room for the others. Tokens are bound to address,
// version and id, live 10 s, and outlive one change of their secret. One thread.
#pragma once

#include <ngtcp2/ngtcp2_crypto.h>

#include <optional>

#include "core/token_bucket.h"
#include "transport/connection.h"
#include "transport/source_rates.h"

namespace runard::transport {

class StrayPackets {
 public:
  static constexpr core::Duration kTokenLife = std::chrono::seconds(10);
  static constexpr core::Duration kSecretLife = std::chrono::hours(12);

  StrayPackets(const Limits& limits, core::Random& random, const ResetSecret& reset_secret);

  // Empty answers: say nothing.
  core::Bytes version_negotiation(const ngtcp2_version_cid& packet, std::size_t trigger,
                                  core::TimePoint now);
  core::Bytes retry(const ngtcp2_pkt_hd& packet, const Address& remote, core::TimePoint now);
  core::Bytes reset(const Cid& cid, const Datagram& trigger, core::TimePoint now);

  // The id that the client invented before our Retry, if the token is one of ours and fits.
  std::optional<Cid> check_token(const ngtcp2_pkt_hd& packet, const Address& remote,
                                 core::TimePoint now);

 private:
  using Secret = std::array<std::uint8_t, 32>;
  void rotate(core::TimePoint now);

  core::Random& random_;
  const ResetSecret& reset_secret_;
  Secret secret_{};
  Secret previous_{};
  core::TimePoint rotate_at_{};
  core::TokenBucket retries_;
  core::TokenBucket others_;
  SourceRates resets_;
};

}  // namespace runard::transport
