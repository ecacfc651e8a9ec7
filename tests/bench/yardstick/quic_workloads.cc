#include <algorithm>
#include <array>

#include "quic.h"
#include "support/test_pki.h"
#include "workloads.h"

namespace yardstick {
namespace {

constexpr std::size_t kMessage = 256;
constexpr std::size_t kPayload = 1452;
constexpr std::size_t kChunk = 1U << 20;
constexpr Seconds kWarmUp(0.2);
// Streams that can be open at once, with room to spare; a stream's place is its number modulo this.
constexpr std::size_t kPlaces = 16384;

std::size_t place_of(std::int64_t stream) {
  return static_cast<std::size_t>(stream >> 2) % kPlaces;
}

class EchoServer final : public App {
 public:
  void data(Quic& quic, std::int64_t stream, Bytes bytes, bool fin) override {
    Message& message = messages_[place_of(stream)];
    const std::size_t size = std::min(bytes.size(), kMessage - message.size);
    std::copy_n(bytes.begin(), size, message.bytes.begin() + static_cast<long>(message.size));
    message.size += size;
    if (fin) {
      quic.queue(stream, Bytes(message.bytes).first(std::exchange(message.size, 0)), true);
    }
  }

 private:
  struct Message {
    std::array<std::uint8_t, kMessage> bytes;
    std::size_t size = 0;
  };
  std::vector<Message> messages_ = std::vector<Message>(kPlaces);
};

class EchoClient final : public App {
 public:
  explicit EchoClient(std::size_t depth) : depth_(depth) {}

  void ready(Quic& quic) override {
    for (; in_flight_ < depth_ && quic.may_open(); ++in_flight_) {
      const std::int64_t stream = quic.open();
      began_[place_of(stream)] = quic.now();
      quic.queue(stream, message_, true);
    }
  }
  void data(Quic&, std::int64_t stream, Bytes bytes, bool fin) override {
    std::size_t& size = sizes_[place_of(stream)];
    size += bytes.size();
    if (fin) {
      if (std::exchange(size, 0) != kMessage) {
        die("an echo of another size");
      }
      // The clock is read again: this turn's time is that of its first datagram.
      const auto took = Clock::now() - began_[place_of(stream)];
      latencies.push_back(static_cast<std::uint64_t>(took.count()));
      --in_flight_;
    }
  }

  std::vector<std::uint64_t> latencies;

 private:
  const std::size_t depth_;
  std::size_t in_flight_ = 0;
  const std::vector<std::uint8_t> message_ = std::vector<std::uint8_t>(kMessage);
  std::vector<std::size_t> sizes_ = std::vector<std::size_t>(kPlaces);  // of replies so far
  std::vector<Clock::time_point> began_ = std::vector<Clock::time_point>(kPlaces);
};

class Sink final : public App {
 public:
  void data(Quic&, std::int64_t, Bytes, bool) override {}
};

class Source final : public App {
 public:
  void ready(Quic& quic) override {
    if (stream_ < 0) {
      stream_ = quic.open();
    }
    if (quic.idle()) {
      quic.queue(stream_, chunk_, false);  // always the same bytes: they stay for ever
    }
  }
  void data(Quic&, std::int64_t, Bytes, bool) override {}
  void acked(std::int64_t, std::uint64_t bytes) override { acknowledged += bytes; }

  std::uint64_t acknowledged = 0;

 private:
  std::int64_t stream_ = -1;
  const std::vector<std::uint8_t> chunk_ = std::vector<std::uint8_t>(kChunk);
};

// A CA, two identities and two sockets, all made before the fork.
struct World {
  runard::testing::TestCa ca;
  runard::testing::TestIdentity for_server{ca, {.name = "server"}};
  runard::testing::TestIdentity for_client{ca, {.name = "client"}};
  Quic::Tls server_tls = for_server.tls(ca);
  Quic::Tls client_tls = for_client.tls(ca);
  Udp server, client;

  // A ClientHello of one packet: a larger one makes the server ask for a retry.
  World() { SSL_CTX_set1_groups_list(client_tls->native(false), "X25519"); }

  template <class Served>
  ProcessPair serve(std::size_t payload) {
    return ProcessPair([this, payload](Shared&) {
      Served app;
      Quic quic(server, server_tls, app, payload, nullptr);
      while (quic.turn()) {
      }
    });
  }
};

void run_for(Quic& quic, Seconds length) {
  for (const auto end = Clock::now() + length; quic.now() < end;) {
    if (!quic.turn()) {
      die("the connection ended");
    }
  }
}

}  // namespace

Figure quic_echo(const char* name, Seconds length, std::size_t depth) {
  World world;
  const ProcessPair pair = world.serve<EchoServer>(kPayload);
  EchoClient app(depth);
  Quic quic(world.client, world.client_tls, app, kPayload, &world.server.address());
  run_for(quic, kWarmUp);
  app.latencies.clear();
  const Stopwatch watch(pair);
  run_for(quic, length);
  Figure figure = watch.rounds(name, std::move(app.latencies));
  quic.close();
  return figure;
}

Figure quic_bulk(const char* name, Seconds length, std::size_t payload) {
  World world;
  const ProcessPair pair = world.serve<Sink>(payload);
  Source app;
  Quic quic(world.client, world.client_tls, app, payload, &world.server.address());
  run_for(quic, kWarmUp);
  const Stopwatch watch(pair);
  const std::uint64_t before = app.acknowledged;
  run_for(quic, length);
  const std::uint64_t bytes = app.acknowledged - before;
  const Figure figure = watch.bytes(name, bytes, bytes);
  quic.close();
  return figure;
}

}  // namespace yardstick
