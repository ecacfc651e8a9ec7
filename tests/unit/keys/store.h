// What tests of the keystore share: a folder with one, and entries to put into it.
#pragma once

#include <algorithm>
#include <chrono>

#include "keys/keystore.h"
#include "support/set_clock.h"
#include "support/temp_folder.h"

namespace runard::test {

inline core::NodeId node() {
  core::NodeId id;
  id.bytes.fill(0x5a);
  return id;
}

// `count` keys of networks; each has a secret of its own.
inline std::vector<keys::Entry> entries(std::size_t count) {
  std::vector<keys::Entry> made;
  for (std::size_t i = 0; i < count; ++i) {
    keys::Entry entry;
    entry.kind = keys::EntryKind::kNetwork;
    entry.id.bytes[0] = static_cast<std::uint8_t>(i >> 8);
    entry.id.bytes[1] = static_cast<std::uint8_t>(i);
    entry.version = 7;
    entry.created_ms = 1'750'000'000'000;
    entry.changed_ms = 1'750'000'000'001;
    entry.name = "prod";
    core::Bytes secret(32, static_cast<std::uint8_t>(i));
    secret[0] = static_cast<std::uint8_t>(i >> 8);
    entry.secret = crypto::SecretBytes::copy_of(secret);
    made.push_back(std::move(entry));
  }
  return made;
}

inline bool same(const std::vector<keys::Entry>& a, const std::vector<keys::Entry>& b) {
  return std::ranges::equal(a, b, [](const keys::Entry& x, const keys::Entry& y) {
    return x.kind == y.kind && x.id == y.id && x.version == y.version && x.state == y.state &&
           x.created_ms == y.created_ms && x.changed_ms == y.changed_ms && x.name == y.name &&
           x.secret == y.secret;
  });
}

struct Store {
  core::Result<keys::Keystore> create(std::vector<keys::Entry> with) {
    return keys::Keystore::create(host, folder.path(), source, node(), std::move(with));
  }
  core::Result<keys::Keystore> open(keys::Use use) {
    return keys::Keystore::open(host, folder.path(), source, use);
  }

  TempFolder folder;
  identity::SystemDisk disk;
  SetClock clock;
  core::SystemRandom random;
  identity::Host host{disk, clock, random};
  keys::KekSource source = keys::KekSource::none();
};

}  // namespace runard::test
