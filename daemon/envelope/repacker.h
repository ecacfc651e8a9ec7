// Repacker: a sender's own envelope for other receivers: compact for those that know its epochs,
// full for those that don't or that answered KekUnknown. The message stays the same one, with its
// id and ciphertexts.
//
// Threading: one thread at a time.
#pragma once

#include "core/buffer.h"
#include "core/result.h"
#include "envelope/epoch_keys.h"
#include "envelope/sealer.h"

namespace runard::envelope {

class Repacker {
 public:
  explicit Repacker(const EpochKeys& epochs) : epochs_(epochs) {}

  // Groups without an epoch (Mode::kOnce) stay as they are. kNotFound when an epoch is no longer
  // kept: seal anew; kInvalidArgument for Mode::kOnce; the errors of EnvelopeView::parse.
  core::Result<core::Buffer> repack(core::ByteView envelope, Mode mode);

 private:
  const EpochKeys& epochs_;
  KeySchedule schedule_;
};

}  // namespace runard::envelope
