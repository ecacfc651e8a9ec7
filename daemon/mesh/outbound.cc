#include "mesh/outbound.h"

#include <algorithm>

namespace runard::mesh {

void Outbound::want(View view, std::uint64_t version) {
  wanted_ = std::move(view);
  wanted_version_ = version;
}

bool Outbound::pump(const Send& send) {
  while (sending() || begin()) {
    if (!send(chunk())) {
      return false;
    }
    if (++next_ == chunks_) {
      encoded_ = {};
    }
  }
  return true;
}

// Encodes what the peer lacks; false when it lacks nothing that could be sent.
bool Outbound::begin() {
  const bool has_all = known_ && *known_ == wanted_;
  if (wanted_version_ == 0 || wanted_version_ == oversized_version_ || has_all) {
    return false;
  }
  wire::Update update = known_ ? delta_of(*known_, wanted_) : snapshot_of(wanted_);
  update.epoch = epoch_;
  update.base = known_ ? known_version_ : 0;
  update.version = wanted_version_;
  core::Bytes encoded = wire::encode(update);
  if (encoded.size() > update_limit_) {
    oversized_ = encoded.size();
    oversized_version_ = wanted_version_;
    return false;
  }
  oversized_ = 0;
  oversized_version_ = 0;
  known_ = wanted_;
  known_version_ = wanted_version_;
  encoded_ = std::move(encoded);
  ++updates_;
  next_ = 0;
  chunks_ = (encoded_.size() + wire::RowsChunk::kMaxBody - 1) / wire::RowsChunk::kMaxBody;
  return true;
}

core::Bytes Outbound::chunk() const {
  const core::ByteView all(encoded_);
  const std::size_t start = next_ * wire::RowsChunk::kMaxBody;
  const std::size_t size = std::min(wire::RowsChunk::kMaxBody, all.size() - start);
  return wire::encode(wire::RowsChunk{updates_, next_, chunks_, all.subspan(start, size)});
}

}  // namespace runard::mesh
