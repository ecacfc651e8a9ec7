// What strangers may cost: gates, shares, and answers without state.
#include <catch2/catch_test_macros.hpp>

#include "transport/accept_gate.h"
#include "transport/stray_packets.h"

using namespace runard;
using namespace std::chrono_literals;
using namespace runard::transport;
using core::Bytes;
using core::TimePoint;

namespace {

constexpr TimePoint kNow(1000s);

Address host(int number) {
  return *Address::parse("10.0." + std::to_string(number / 256) + "." +
                         std::to_string(number % 256) + ":1");
}

Datagram from(const Address& remote, core::ByteView bytes) {
  return {bytes, remote, {}, 0};
}

using Verdict = AcceptGate::Verdict;

}  // namespace

TEST_CASE("the gate wants proof beyond the free handshakes, and drops beyond the limits") {
  Limits limits;
  limits.half_open = 6;
  limits.half_open_free = 2;
  limits.half_open_source = 3;
  limits.links = 100;
  core::SeededRandom random(1);
  AcceptGate gate(limits, random);
  CHECK(gate.judge(host(1), false, 0, kNow) == Verdict::kAccept);
  CHECK(gate.judge(host(1), false, 100, kNow) == Verdict::kDrop);
  gate.opened(host(1));
  gate.opened(host(1));
  CHECK(gate.judge(host(2), false, 0, kNow) == Verdict::kRetry);
  CHECK(gate.judge(host(2), true, 0, kNow) == Verdict::kAccept);
  gate.opened(host(1));
  CHECK(gate.judge(host(1).with_port(7), true, 0, kNow) == Verdict::kDrop);
  gate.opened(host(2));
  gate.opened(host(3));
  gate.opened(host(4));
  CHECK(gate.judge(host(5), true, 0, kNow) == Verdict::kDrop);
  for (const int number : {1, 1, 1, 2, 3, 4}) {
    gate.settled(host(number));
  }
  CHECK(gate.half_open() == 0);
  CHECK(gate.judge(host(1), false, 0, kNow) == Verdict::kAccept);
}

TEST_CASE("IPv6 sources are counted by their /64") {
  Limits limits;
  limits.half_open_source = 1;
  core::SeededRandom random(1);
  AcceptGate gate(limits, random);
  gate.opened(*Address::parse("[2001:db8::1]:1"));
  CHECK(gate.judge(*Address::parse("[2001:db8::2]:1"), true, 0, kNow) == Verdict::kDrop);
  CHECK(gate.judge(*Address::parse("[2001:db8:1::1]:1"), true, 0, kNow) == Verdict::kAccept);
}

TEST_CASE("handshakes begun have a rate for each source and one for all") {
  Limits limits;
  limits.stranger_handshakes = {3, 1};
  limits.all_handshakes = {5, 1};
  core::SeededRandom random(1);
  AcceptGate gate(limits, random);
  for (int i = 0; i < 3; ++i) {
    CHECK(gate.judge(host(1), true, 0, kNow) == Verdict::kAccept);
  }
  CHECK(gate.judge(host(1), false, 0, kNow) == Verdict::kDrop);  // its own share is used up
  CHECK(gate.judge(host(2), false, 0, kNow) == Verdict::kAccept);
  CHECK(gate.judge(host(3), false, 0, kNow) == Verdict::kAccept);
  CHECK(gate.judge(host(4), false, 0, kNow) == Verdict::kRetry);  // the common one is
  CHECK(gate.judge(host(5), true, 0, kNow) == Verdict::kDrop);
  CHECK(gate.judge(host(6), true, 0, kNow + 1s) == Verdict::kAccept);
}

TEST_CASE("a source has its burst, then its rate, and its ports are one source") {
  core::SeededRandom random(1);
  SourceRates rates({10, 5}, random);
  int taken = 0;
  for (int i = 0; i < 1000; ++i) {
    taken += rates.take(host(1).with_port(static_cast<std::uint16_t>(i)), kNow) ? 1 : 0;
  }
  CHECK(taken == 10);
  for (int i = 0; i < 1000; ++i) {
    taken += rates.take(host(1), kNow + i * 10ms) ? 1 : 0;
  }
  CHECK(taken == 10 + 49);
  CHECK(rates.take(host(1), kNow + 1h));
}

TEST_CASE("floods from fifty sources hardly ever take another one's share") {
  core::SeededRandom random(2);
  SourceRates rates({10, 5}, random);
  for (int flood = 0; flood < 50; ++flood) {
    for (int i = 0; i < 200; ++i) {
      rates.take(host(flood), kNow);
    }
  }
  int refused = 0;
  for (int honest = 1000; honest < 3000; ++honest) {
    refused += rates.take(host(honest), kNow) ? 0 : 1;
  }
  CHECK(refused < 20);
}

namespace {

// A client's Initial as far as a Retry needs it, with the token that our Retry gave.
struct RetryScene {
  RetryScene() {
    head.version = NGTCP2_PROTO_VER_V1;
    head.dcid = Cid::random(random).native();
    head.scid = Cid::random(random).native();
    packet = strays.retry(head, remote, now);
    // The token lies between the ids and the integrity tag; the server's new id is in the header.
    const std::size_t ids = 1 + 4 + 1 + head.scid.datalen + 1 + kCidSize;
    token.assign(packet.begin() + static_cast<std::ptrdiff_t>(ids), packet.end() - 16);
    original = Cid::from(head.dcid);
    head.dcid = Cid::from(core::ByteView(packet).subspan(ids - kCidSize, kCidSize)).native();
    head.token = token.data();
    head.tokenlen = token.size();
  }
  core::SystemRandom random;
  ResetSecret secret{{}};
  Limits limits;
  StrayPackets strays{limits, random, secret};
  ngtcp2_pkt_hd head{};
  Address remote = host(1);
  TimePoint now = kNow;
  Bytes packet;
  Bytes token;
  Cid original;
};

}  // namespace

TEST_CASE("a retry token gives the first id back to the same address in time") {
  RetryScene scene;
  const auto got = scene.strays.check_token(scene.head, scene.remote, scene.now + 9s);
  REQUIRE(got.has_value());
  CHECK(*got == scene.original);
}

TEST_CASE("a retry token is worth nothing elsewhere, later, or damaged") {
  RetryScene scene;
  StrayPackets& strays = scene.strays;
  CHECK_FALSE(strays.check_token(scene.head, scene.remote, scene.now + 11s));
  CHECK_FALSE(strays.check_token(scene.head, host(2), scene.now));
  ngtcp2_pkt_hd other = scene.head;
  other.dcid = Cid::random(scene.random).native();
  CHECK_FALSE(strays.check_token(other, scene.remote, scene.now));
  for (std::size_t i = 0; i < scene.token.size(); ++i) {
    scene.token[i] ^= 0x10;
    CHECK_FALSE(strays.check_token(scene.head, scene.remote, scene.now));
    scene.token[i] ^= 0x10;
  }
  CHECK(strays.check_token(scene.head, scene.remote, scene.now));
}

TEST_CASE("a retry token outlives a change of the secret") {
  RetryScene scene;
  const TimePoint changed = scene.now + StrayPackets::kSecretLife;
  scene.head.token = nullptr;
  scene.head.tokenlen = 0;
  const Bytes late = scene.strays.retry(scene.head, scene.remote, changed - 1s);
  REQUIRE_FALSE(late.empty());
  const std::size_t ids = 1 + 4 + 1 + scene.head.scid.datalen + 1 + kCidSize;
  Bytes token(late.begin() + static_cast<std::ptrdiff_t>(ids), late.end() - 16);
  ngtcp2_pkt_hd head = scene.head;
  head.dcid = Cid::from(core::ByteView(late).subspan(ids - kCidSize, kCidSize)).native();
  head.token = token.data();
  head.tokenlen = token.size();
  CHECK(scene.strays.check_token(head, scene.remote, changed + 1s));
}

TEST_CASE("a source that floods gets few resets, and leaves some for others") {
  core::SystemRandom random;
  const ResetSecret secret({});
  const Limits limits;
  StrayPackets strays(limits, random, secret);
  const Cid cid = Cid::random(random);
  const Bytes packet(1000);
  std::uint32_t answers = 0;
  for (int i = 0; i < 5000; ++i) {
    answers += strays.reset(cid, from(host(1), packet), kNow).empty() ? 0 : 1;
  }
  CHECK(answers == limits.stranger_resets.burst);
  CHECK_FALSE(strays.reset(cid, from(host(2), packet), kNow).empty());
}

TEST_CASE("resets to all sources together are rationed, and Retries have a share of their own") {
  core::SystemRandom random;
  const ResetSecret secret({});
  const Limits limits;
  StrayPackets strays(limits, random, secret);
  const Cid cid = Cid::random(random);
  const Bytes packet(1000);
  std::uint32_t answers = 0;
  for (int i = 0; i < 5000; ++i) {
    answers += strays.reset(cid, from(host(i), packet), kNow).empty() ? 0 : 1;
  }
  CHECK(answers <= limits.stray_answers.burst);
  CHECK(answers > limits.stray_answers.burst / 2);
  ngtcp2_pkt_hd head{};
  head.version = NGTCP2_PROTO_VER_V1;
  head.dcid = head.scid = cid.native();
  std::uint32_t retries = 0;
  for (int i = 0; i < 10'000; ++i) {
    retries += strays.retry(head, host(i), kNow).empty() ? 0 : 1;
  }
  CHECK(retries == limits.retries.burst);
}

TEST_CASE("a reset ends with the id's token, which another secret does not make") {
  core::SystemRandom random;
  ResetSecret::Bytes bytes{};
  bytes[0] = 1;
  const ResetSecret secret(bytes);
  const ResetSecret other({});
  const Limits limits;
  StrayPackets strays(limits, random, secret);
  const Cid cid = Cid::random(random);
  const Bytes packet(100);
  const Bytes reset = strays.reset(cid, from(host(1), packet), kNow);
  REQUIRE(reset.size() >= 16);
  CHECK(reset.size() < packet.size());
  const ResetToken token = secret.token(cid);
  CHECK(std::equal(token.begin(), token.end(), reset.end() - 16));
  CHECK(other.token(cid) != token);
  CHECK(ResetSecret(bytes).token(cid) == token);
}

TEST_CASE("what could itself be a reset is never answered by one") {
  core::SystemRandom random;
  const ResetSecret secret({});
  const Limits limits;
  StrayPackets strays(limits, random, secret);
  const Cid cid = Cid::random(random);
  const Bytes packet(100);
  Bytes reset = strays.reset(cid, from(host(1), packet), kNow);
  CHECK(strays.reset(cid, from(host(1), reset), kNow).empty());
}
