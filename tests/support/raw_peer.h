// A peer that does what no runard would: real handshakes, then any bytes on any stream. A party on
// the simulated network.
#pragma once

#include <deque>
#include <map>

#include "support/sim_network.h"
#include "transport/connection.h"
#include "wire/frame.h"
#include "wire/hello.h"

namespace runard::testing {

class RawStream final : public transport::Stream {
 public:
  RawStream() : Stream(transport::SendClass::kMessage) {}

  bool received(core::ByteView bytes, bool fin) override {
    got.insert(got.end(), bytes.begin(), bytes.end());
    ended = ended || fin;
    return true;
  }
  void peer_reset(std::uint64_t code) override { reset = code; }
  void peer_stopped(std::uint64_t code) override { stopped = code; }
  void closed() override { over = true; }
  transport::SendParts pending() const override {
    transport::SendParts parts;
    if (!stopped && !end_sent) {
      parts.add(core::ByteView(out).subspan(sent_bytes));
      parts.last = end;
    }
    return parts;
  }
  void sent(std::size_t bytes, bool last) override {
    sent_bytes += bytes;
    end_sent = last;
  }

  core::Bytes out;
  bool end = false;
  std::size_t sent_bytes = 0;
  bool end_sent = false;
  core::Bytes got;
  bool ended = false;
  bool over = false;
  std::optional<std::uint64_t> reset;
  std::optional<std::uint64_t> stopped;
};

class RawPeer final : public SimParty, public transport::ConnectionOwner {
 public:
  static constexpr std::size_t kMostBytes = 1 << 20;  // on one stream

  RawPeer(SimNetwork& net, std::shared_ptr<const transport::TlsContext> tls)
      : network(net),
        address_(net.next_address()),
        context_{limits, random, secret_, std::move(tls), address_} {
    net.join(*this);
  }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  ~RawPeer() override {
    network.leave(*this);
    connection.reset();
  }

  void dial(const transport::Address& to) {
    remote_ = to;
    connection = *transport::Connection::create(context_, *this, to, nullptr, network.clock.now());
    woken = true;
  }
  RawStream* open(core::Bytes bytes, bool end, bool bidirectional = true) {
    streams_.push_back(std::make_unique<RawStream>());
    RawStream& stream = *streams_.back();
    const bool opened =
        bidirectional ? connection->open_bidi(stream) : connection->open_uni(stream);
    if (!opened) {
      return nullptr;
    }
    // It must not move: ngtcp2 keeps pointers into it.
    stream.out.reserve(end ? bytes.size() : kMostBytes);
    stream.out.insert(stream.out.end(), bytes.begin(), bytes.end());
    stream.end = end;
    scheduler_.ready(stream);
    woken = true;
    return &stream;
  }
  void send(RawStream& stream, const core::Bytes& bytes) {
    stream.out.insert(stream.out.end(), bytes.begin(), bytes.end());
    scheduler_.ready(stream);
    woken = true;
  }
  // A control stream with a good hello.
  RawStream* greet(const std::vector<core::NetworkId>& networks, std::uint64_t generation = 1) {
    wire::Hello hello;
    hello.epoch = 1;
    hello.generation = generation;
    hello.name = "raw";
    hello.networks = networks;
    core::Bytes body;
    wire::put_hello(hello, body);
    core::Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kControl)};
    wire::put_frame(wire::kHello, body, bytes);
    return open(std::move(bytes), false);
  }

  const transport::Address& address() const override { return address_; }
  void receive(const transport::Datagram& datagram) override {
    if (hang_up && !connection && !ended) {
      accept(datagram);
    }
    if (connection &&
        connection->read(datagram, network.clock.now()) != transport::ReadOutcome::kOk) {
      finish();
    }
  }
  core::TimePoint expiry() const override {
    return connection ? connection->expiry() : core::kNever;
  }
  void work() override {
    const core::TimePoint now = network.clock.now();
    if (connection && connection->expiry() <= now && !connection->on_expiry(now)) {
      finish();
    }
    if (connection && completed && hang_up) {  // before HANDSHAKE_DONE is out
      network.carry(address_, remote_, connection->close_packet(*hang_up, "", now), 0);
      finish();
    }
    while (connection) {
      const auto train = connection->write(space_, now);
      if (!train) {
        return finish();
      }
      if (train->bytes.empty()) {
        return;
      }
      for (core::ByteView rest = train->bytes; !rest.empty();) {
        const core::ByteView one = rest.first(std::min(train->segment, rest.size()));
        network.carry(address_, train->remote, one, train->ecn);
        rest = rest.subspan(one.size());
      }
    }
  }

  transport::SendScheduler& scheduler() override { return scheduler_; }
  transport::Stream* on_peer_stream(std::int64_t, core::ByteView&) override {
    streams_.push_back(std::make_unique<RawStream>());
    peer_streams.push_back(streams_.back().get());
    return streams_.back().get();
  }
  void on_streams_available() override {}
  void on_handshake_completed() override { completed = true; }
  void on_handshake_confirmed() override { confirmed = true; }
  void on_own_cid(const transport::Cid&, bool) override {}
  void on_reset_token(const transport::ResetToken&, bool) override {}

  SimNetwork& network;
  transport::Limits limits;
  core::SystemRandom random;
  std::unique_ptr<transport::Connection> connection;
  std::optional<core::Error> ended;  // why the connection is over
  bool completed = false;
  bool confirmed = false;
  std::optional<wire::CloseCode> hang_up;  // accepts who dials, and closes so when TLS is through
  std::vector<RawStream*> peer_streams;

 private:
  void accept(const transport::Datagram& datagram) {
    ngtcp2_pkt_hd head;
    if (ngtcp2_accept(&head, datagram.bytes.data(), datagram.bytes.size()) != 0) {
      return;
    }
    transport::Accepting first;
    first.client_dcid = transport::Cid::from(head.dcid);
    first.client_scid = transport::Cid::from(head.scid);
    first.version = head.version;
    remote_ = datagram.remote;
    connection =
        *transport::Connection::create(context_, *this, remote_, &first, network.clock.now());
  }
  void finish() {
    ended = connection->error();
    connection.reset();
  }

  transport::ResetSecret secret_{{}};
  transport::Address address_;
  transport::Address remote_;
  transport::ConnectionContext context_;
  transport::SendScheduler scheduler_;
  std::vector<std::unique_ptr<RawStream>> streams_;
  std::vector<std::uint8_t> space_ = std::vector<std::uint8_t>(transport::Connection::kTrainSpace);
};

}  // namespace runard::testing
