// GroupAad: what a group's ciphertext is bound to: all of the core but the ciphertexts' sizes and
// hashes, the group's index, and its labels.
//
// Made in one go while a core is written or read: begin() with its bytes before the first group's
// header, add() for each header, then of() for each group. One thread at a time.
#pragma once

#include "core/bytes.h"
#include "crypto/sha256_hasher.h"
#include "envelope/joined_bytes.h"
#include "envelope/limits.h"

namespace runard::envelope {

class GroupAad {
 public:
  using Bytes = JoinedBytes<32 + 1 + 1 + kMaxLabels * (2 + kMaxLabel)>;

  void begin(core::ByteView core_before_groups) { hasher_.update(core_before_groups); }
  // `labels` is their CBOR array.
  void add(core::ByteView labels, core::ByteView commitment);
  void end() { core_hash_ = hasher_.finish(); }
  Bytes of(std::size_t group, core::ByteView labels) const;

 private:
  crypto::Sha256Hasher hasher_;
  crypto::Sha256 core_hash_{};
};

}  // namespace runard::envelope
