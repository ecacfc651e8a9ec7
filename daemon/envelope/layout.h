// EnvelopeView: where everything stands in the bytes of an envelope, found without any key.
//
// parse() takes the one canonical form only and checks all limits (README.md has the format and the
// order of the checks). The view borrows from the bytes; nothing is allocated for it. Values only.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/result.h"
#include "envelope/core.h"
#include "envelope/limits.h"

namespace runard::envelope {

inline constexpr std::size_t kHashSize = 32;     // commitment, HMAC, SHA-256
inline constexpr std::size_t kWrappedSize = 48;  // a key of 32 bytes and a tag

struct Stanza {
  KeyAddress address;
  core::ByteView enc;      // of HPKE; empty in an epoch's stanza
  core::ByteView wrapped;  // the same
};

struct GroupView {
  core::ByteView labels;  // CBOR
  core::ByteView commitment;
  core::ByteView ciphertext_hash;  // as the core says it
  std::uint64_t ciphertext_size = 0;
  core::ByteView stanzas;  // CBOR
  std::size_t stanza_count = 0;
  core::ByteView hmac;
  core::ByteView ciphertext;
};

struct EnvelopeView {
  // kEnvelopeMalformed, kEnvelopeLimit; kEnvelopeUnsupported for a version or suite that nobody
  // knows.
  static core::Result<EnvelopeView> parse(core::ByteView bytes);

  std::span<const GroupView> groups() const { return {group_list.data(), group_count}; }

  core::ByteView core_bytes;
  core::ByteView before_groups;  // of core_bytes, up to the first group's header
  Core info;
  core::ByteView clear;  // CBOR
  std::array<GroupView, kMaxGroups> group_list;
  std::size_t group_count = 0;
  core::ByteView tail;       // CBOR
  core::ByteView signature;  // empty: none
  KeyId signer;
};

std::vector<std::string_view> labels_of(const GroupView& group);

// Reads a group's stanzas one after another; they were checked by parse().
class StanzaReader {
 public:
  explicit StanzaReader(const GroupView& group);
  bool next(Stanza& stanza);

 private:
  core::ByteView left_;
  std::size_t count_;
};

}  // namespace runard::envelope
