#include "workloads.h"

namespace yardstick {
namespace {

constexpr std::size_t kPing = 300;
constexpr std::size_t kPayload = 1452;
constexpr std::size_t kTrainSegments = 44;  // what fits the 64 KiB of one send
constexpr Seconds kWarmUp(0.1);

}  // namespace

Figure udp_ping_pong(const char* name, Seconds length) {
  Udp client, server;
  const ProcessPair pair([&](Shared&) {
    for (;;) {
      server.receive(true);
      server.each([&](Bytes bytes, const sockaddr_in& from) { server.send(from, bytes, kPing); });
    }
  });
  const std::vector<std::uint8_t> ping(kPing);
  const auto round = [&] {
    const auto began = Clock::now();
    client.send(server.address(), ping, kPing);
    client.receive(true);
    return static_cast<std::uint64_t>((Clock::now() - began).count());
  };
  for (const auto end = Clock::now() + kWarmUp; Clock::now() < end;) {
    round();
  }
  std::vector<std::uint64_t> latencies;
  const Stopwatch watch(pair);
  for (const auto end = Clock::now() + length; Clock::now() < end;) {
    latencies.push_back(round());
  }
  return watch.rounds(name, std::move(latencies));
}

Figure udp_bulk(const char* name, Seconds length) {
  Udp client, server;
  const ProcessPair pair([&](Shared& shared) {
    for (;;) {
      server.receive(true);
      shared.bytes += server.batch_bytes();
    }
  });
  const std::vector<std::uint8_t> train(kTrainSegments * kPayload);
  const auto send_for = [&](Seconds time) {
    std::uint64_t sent = 0;
    for (const auto end = Clock::now() + time; Clock::now() < end; sent += train.size()) {
      client.send(server.address(), train, kPayload);
    }
    return sent;
  };
  send_for(kWarmUp);
  const Stopwatch watch(pair);
  const std::uint64_t before = pair.shared().bytes;
  const std::uint64_t sent = send_for(length);
  return watch.bytes(name, pair.shared().bytes - before, sent);  // what was lost does not count
}

}  // namespace yardstick
