// Guest: the connection of somebody without a certificate to a node that gives one out: dials, has
// one stream of frames, and never becomes a link. Sans-I/O: datagrams and times in, datagrams and
// the next deadline out.
//
// The node's chain is judged by the verifier of the TLS context in the midst of the handshake.
// Errors: error() says why it is over. Owner: GuestClient, or a simulation. One thread.
#pragma once

#include <memory>

#include "transport/guest_stream.h"
#include "transport/link.h"

namespace runard::transport {

class Guest final : private ConnectionOwner {
 public:
  // `context` outlives it.
  static core::Result<std::unique_ptr<Guest>> dial(const ConnectionContext& context,
                                                   const Address& remote, core::TimePoint now);
  ~Guest();

  void feed(const Datagram& datagram, core::TimePoint now);
  void flush(TrainSink& sink, core::TimePoint now);
  core::TimePoint expiry() const;
  void on_expiry(core::TimePoint now);
  // Says goodbye.
  void close(TrainSink& sink, core::TimePoint now);

  // The node is proved and takes frames.
  bool ready() const { return stream_ != nullptr && !error_; }
  const std::optional<core::Error>& error() const { return error_; }
  const GuestBinding& binding() const { return binding_; }
  void send(std::uint64_t type, core::ByteView body);
  std::optional<GuestFrame> take();

 private:
  explicit Guest(const Address& remote) : remote_(remote) {}
  void settle();

  // ConnectionOwner, inside ngtcp2.
  SendScheduler& scheduler() override { return scheduler_; }
  Stream* on_peer_stream(std::int64_t, core::ByteView&) override { return nullptr; }
  void on_streams_available() override {}
  void on_handshake_completed() override {}
  void on_handshake_confirmed() override { confirmed_ = true; }
  void on_own_cid(const Cid&, bool) override {}
  void on_reset_token(const ResetToken&, bool) override {}

  const Address remote_;
  SendScheduler scheduler_;
  std::unique_ptr<GuestStream> stream_;  // outlives the connection
  std::unique_ptr<Connection> connection_;
  GuestBinding binding_{};
  std::optional<core::Error> error_;
  bool confirmed_ = false;
  std::vector<std::uint8_t> space_;
};

}  // namespace runard::transport
