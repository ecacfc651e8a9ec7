// Payload: bytes with an encoding. Either owned (by a shared Buffer) or borrowed for the length of
// a call.
#pragma once

#include <cstdint>

#include "core/buffer.h"

namespace runard::rpc {

// The numbers are the plugin ABI's and the wire's.
// kSealed: an envelope; on the wire and in stores only, no service ever sees one.
enum class Encoding : std::uint8_t { kRaw = 0, kCbor = 1, kJson = 2, kText = 3, kSealed = 4 };

struct Payload {
  core::ByteView bytes;
  core::Buffer owner;  // empty: `bytes` are borrowed
  Encoding encoding = Encoding::kRaw;
  std::uint64_t type = 0;  // hash of the declared schema; 0: none

  static Payload own(core::Buffer buffer, Encoding encoding) {
    const core::ByteView view = buffer.view();
    return {view, std::move(buffer), encoding, 0};
  }
  static Payload borrow(core::ByteView bytes, Encoding encoding) {
    return {bytes, {}, encoding, 0};
  }

  // The same payload, safe to keep: shares the owner, or copies borrowed bytes.
  Payload keep() const {
    if (owner || bytes.empty()) {
      return *this;
    }
    Payload kept = own(core::Buffer::copy(bytes), encoding);
    kept.type = type;
    return kept;
  }
};

}  // namespace runard::rpc
