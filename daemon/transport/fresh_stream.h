// FreshStream: a stream that the peer opened with less than its type. Once that has arrived, the
// link puts the right kind of stream in its place.
#pragma once

#include <array>

#include "transport/stream.h"
#include "wire/varint.h"

namespace runard::transport {

class FreshStream;

class FreshStreamOwner {
 public:
  virtual ~FreshStreamOwner() = default;
  // The stream for that type, `prefix` bytes of which were read; null for a type that is not known.
  virtual Stream* on_stream_type(FreshStream& fresh, std::uint64_t type, std::uint64_t prefix) = 0;
};

class FreshStream final : public Stream {
 public:
  explicit FreshStream(FreshStreamOwner& owner) : Stream(SendClass::kMessage), owner_(owner) {}

  bool received(core::ByteView bytes, bool end) override;
  void peer_reset(std::uint64_t) override {}
  void peer_stopped(std::uint64_t) override {}
  void closed() override { over_ = true; }
  SendParts pending() const override { return {}; }
  void sent(std::size_t, bool) override {}

  // May be destroyed, outside of ngtcp2.
  bool over() const { return over_; }

 private:
  FreshStreamOwner& owner_;
  std::array<std::uint8_t, 8> type_{};
  std::size_t held_ = 0;
  bool unknown_ = false;
  bool over_ = false;
};

}  // namespace runard::transport
