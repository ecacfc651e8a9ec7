#include "transport/stray_packets.h"

#include <algorithm>

namespace runard::transport {
namespace {

constexpr std::size_t kLeastClientPacket = NGTCP2_MAX_UDP_PAYLOAD_SIZE;
// RFC 9000 section 10.3: what is shorter could itself be a reset.
constexpr std::size_t kLeastResetTrigger = 43;

ngtcp2_tstamp stamp(core::TimePoint at) {
  return static_cast<ngtcp2_tstamp>(at.time_since_epoch().count());
}

}  // namespace

StrayPackets::StrayPackets(const Limits& limits, core::Random& random,
                           const ResetSecret& reset_secret)
    : random_(random),
      reset_secret_(reset_secret),
      retries_(limits.retries.burst, limits.retries.per_second),
      others_(limits.stray_answers.burst, limits.stray_answers.per_second),
      resets_(limits.stranger_resets, random) {
  random_.fill(secret_);
  random_.fill(previous_);
}

void StrayPackets::rotate(core::TimePoint now) {
  if (now >= rotate_at_) {
    rotate_at_ = now + kSecretLife;
    previous_ = secret_;
    random_.fill(secret_);
  }
}

core::Bytes StrayPackets::version_negotiation(const ngtcp2_version_cid& packet, std::size_t trigger,
                                              core::TimePoint now) {
  if (trigger < kLeastClientPacket || !others_.take(now)) {
    return {};
  }
  const std::uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
  std::uint8_t random = 0;
  random_.fill({&random, 1});
  core::Bytes out(NGTCP2_MAX_UDP_PAYLOAD_SIZE);
  const ngtcp2_ssize size = ngtcp2_pkt_write_version_negotiation(
      out.data(), out.size(), random, packet.scid, packet.scidlen, packet.dcid, packet.dcidlen,
      versions, std::size(versions));
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

core::Bytes StrayPackets::retry(const ngtcp2_pkt_hd& packet, const Address& remote,
                                core::TimePoint now) {
  if (!retries_.take(now)) {
    return {};
  }
  rotate(now);
  const ngtcp2_cid scid = Cid::random(random_).native();
  std::array<std::uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2> token{};
  const ngtcp2_ssize token_size = ngtcp2_crypto_generate_retry_token2(
      token.data(), secret_.data(), secret_.size(), packet.version, remote.data(), remote.size(),
      &scid, &packet.dcid, stamp(now));
  if (token_size < 0) {
    return {};
  }
  core::Bytes out(NGTCP2_MAX_UDP_PAYLOAD_SIZE);
  const ngtcp2_ssize size =
      ngtcp2_crypto_write_retry(out.data(), out.size(), packet.version, &packet.scid, &scid,
                                &packet.dcid, token.data(), static_cast<std::size_t>(token_size));
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

std::optional<Cid> StrayPackets::check_token(const ngtcp2_pkt_hd& packet, const Address& remote,
                                             core::TimePoint now) {
  rotate(now);
  for (const Secret& secret : {secret_, previous_}) {
    ngtcp2_cid original;
    if (ngtcp2_crypto_verify_retry_token2(
            &original, packet.token, packet.tokenlen, secret.data(), secret.size(), packet.version,
            remote.data(), remote.size(), &packet.dcid,
            static_cast<ngtcp2_duration>(kTokenLife.count()), stamp(now)) == 0) {
      return Cid::from(original);
    }
  }
  return std::nullopt;
}

core::Bytes StrayPackets::reset(const Cid& cid, const Datagram& trigger, core::TimePoint now) {
  if (trigger.bytes.size() < kLeastResetTrigger || !resets_.take(trigger.remote, now) ||
      !others_.take(now)) {
    return {};
  }
  const ResetToken token = reset_secret_.token(cid);
  ngtcp2_stateless_reset_token native;
  std::copy(token.begin(), token.end(), native.data);
  std::array<std::uint8_t, kLeastResetTrigger - NGTCP2_STATELESS_RESET_TOKENLEN - 1> random{};
  random_.fill(random);
  core::Bytes out(kLeastResetTrigger);
  const ngtcp2_ssize size = ngtcp2_pkt_write_stateless_reset2(out.data(), out.size(), &native,
                                                              random.data(), random.size());
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

}  // namespace runard::transport
