// GuestStream: the one stream between a guest, who has no certificate yet, and a node that takes
// guests: frames (wire/frame.h) both ways, without a type before them.
//
// What it receives in its whole life is bounded; more ends the connection. Owner: the link, or the
// guest. One thread.
#pragma once

#include <optional>

#include "transport/connection.h"
#include "transport/send_queue.h"
#include "wire/frame.h"

namespace runard::transport {

// Bytes of a whole exchange.
inline constexpr std::size_t kMaxFromGuest = 64 * 1024;
inline constexpr std::size_t kMaxToGuest = 256 * 1024;
// RFC 8446 section 7.5: what binds an exchange to its connection.
inline constexpr std::string_view kGuestBinding = "EXPORTER-runard-enroll";
using GuestBinding = std::array<std::uint8_t, 32>;

struct GuestFrame {
  std::uint64_t type = 0;
  core::Bytes body;
};

class GuestStream final : public Stream {
 public:
  GuestStream(Connection& connection, SendScheduler& scheduler, std::size_t most)
      : Stream(SendClass::kControl), connection_(connection), scheduler_(scheduler), most_(most) {}

  void send(std::uint64_t type, core::ByteView body);
  // The next frame that is whole.
  std::optional<GuestFrame> take();
  bool all_acknowledged() const { return queue_.size() == 0; }
  // Nothing more will come.
  bool over() const { return over_; }

  bool received(core::ByteView bytes, bool end) override;
  void peer_reset(std::uint64_t) override { over_ = true; }
  void peer_stopped(std::uint64_t) override { over_ = true; }
  void acked(std::uint64_t offset) override { queue_.acked(offset); }
  void closed() override { over_ = true; }
  SendParts pending() const override;
  void sent(std::size_t bytes, bool last) override;

 private:
  Connection& connection_;
  SendScheduler& scheduler_;
  const std::size_t most_;
  std::size_t received_ = 0;
  core::Bytes input_;
  SendQueue queue_;
  bool over_ = false;
};

}  // namespace runard::transport
