// Forged: an envelope taken apart, so that a test can change any part of it and put it together
// again without a key: what an attacker can do.
#pragma once

#include <string>
#include <vector>

#include "envelope/layout.h"

namespace runard::envelope::testing {

struct ForgedStanza {
  std::uint64_t kind = 1;
  core::Bytes id;
  std::uint64_t version = 0;
  core::Bytes enc;
  core::Bytes wrapped;
};

struct ForgedGroup {
  std::vector<std::string> labels;
  core::Bytes commitment;
  std::uint64_t size = 0;
  core::Bytes hash;
  std::vector<ForgedStanza> stanzas;
  core::Bytes hmac;
  core::Bytes ciphertext;
};

struct Forged {
  explicit Forged(core::ByteView envelope);  // a good one
  core::Bytes bytes() const;
  // Makes size and hash those of the ciphertext.
  void hash_ciphertexts();

  std::uint64_t version = 1;
  std::uint64_t suite = 1;
  std::string type;
  core::Bytes network;  // empty: null
  core::Bytes sender;
  core::Bytes id;
  std::uint64_t created = 0;
  std::uint64_t kind = 1;
  std::string path;
  core::Bytes correlation;
  core::Bytes clear;  // CBOR
  std::vector<ForgedGroup> groups;
  core::Bytes signature;  // empty: none
  core::Bytes signer;
};

}  // namespace runard::envelope::testing
