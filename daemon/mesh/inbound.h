// Inbound: puts the chunks of one link's updates together, at most `limit` bytes at a time.
//
// The control stream keeps order and loses nothing, so a chunk out of order is a broken peer:
// kProtocol. An update over the limit is kTooLarge.
#pragma once

#include "core/result.h"
#include "wire/sync.h"

namespace runard::mesh {

class Inbound {
 public:
  explicit Inbound(std::size_t limit) : limit_(limit) {}

  // A whole update's bytes, or none while more chunks are to come.
  core::Result<core::Bytes> add(const wire::RowsChunk& chunk);

 private:
  std::size_t limit_;
  std::uint64_t update_ = 0;  // the last that began
  std::uint64_t next_ = 0;    // the index that must come next; 0: no update is under way
  std::uint64_t count_ = 0;
  core::Bytes bytes_;
};

}  // namespace runard::mesh
