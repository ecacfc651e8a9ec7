#include "mesh/inbound.h"

#include <utility>

namespace runard::mesh {

core::Result<core::Bytes> Inbound::add(const wire::RowsChunk& chunk) {
  const bool first = next_ == 0;
  const bool in_order =
      first ? chunk.index == 0 && chunk.update == update_ + 1
            : chunk.index == next_ && chunk.update == update_ && chunk.count == count_;
  if (!in_order) {
    return core::fail(core::Errc::kProtocol, "a chunk of a registry update out of order");
  }
  update_ = chunk.update;
  count_ = chunk.count;
  if (chunk.body.size() > limit_ - bytes_.size()) {
    return core::fail(core::Errc::kTooLarge, "a registry update over the limit");
  }
  bytes_.insert(bytes_.end(), chunk.body.begin(), chunk.body.end());
  next_ = chunk.index + 1 == count_ ? 0 : chunk.index + 1;
  return next_ == 0 ? std::exchange(bytes_, {}) : core::Bytes();
}

}  // namespace runard::mesh
